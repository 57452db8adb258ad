/** Three units of six bits each, in which the cases of ASCII's letters are alike, and letters and digits are not. */
const BITS = 0x3ffff;
/** Before a text's first unit: nothing begins with what it stands for. */
export const NO_UNITS = BITS;

/** The last three units, once `unit` follows those of `last`. Without a branch: a wrong guess of the processor takes longer. */
export function lastThree(last: number, unit: number): number {
  return ((last << 6) | bitsOf(unit)) & BITS;
}

/** Whether the last of three units may be this one. */
export const endsWith = (last: number, unit: string): boolean => (last & 63) === bitsOf(unit.charCodeAt(0));

const bitsOf = (unit: number) => (unit & 31) | ((unit >> 1) & 32);
const EVERY = Array.from({ length: 64 }, (_, bits) => bits);
const casesOf = (unit: string) => [unit.toLowerCase(), unit.toUpperCase()].map((each) => bitsOf(each.charCodeAt(0)));

/**
 * For every three units, which of some kinds of things may begin with them: bit n for the kind n. Looking them up once for
 * all of them takes a fraction of what a regular expression of as many alternatives does. Of each thing the first three
 * units count, or all of two where anything may follow.
 */
export function beginningsOf(kinds: readonly (readonly string[])[]): Uint8Array {
  const table = new Uint8Array(BITS + 1);
  for (const [kind, beginnings] of kinds.entries()) {
    for (const beginning of beginnings) {
      const [first = [], second = [], third = EVERY] = [...beginning.slice(0, 3)].map(casesOf);
      for (const one of first)
        for (const two of second)
          for (const three of third) {
            const key = (one << 12) | (two << 6) | three;
            table[key] = (table[key] ?? 0) | (1 << kind);
          }
    }
  }
  return table;
}

/**
 * Of places, in their order, where a thing may begin: the next one at or after `from` where one does; -1: nowhere. Asked
 * with places that grow. `whole`: sticky; its lastIndex is where what was found ends.
 */
export function among(text: string, places: Int32Array, whole: RegExp): (from: number) => number {
  let next = 0;
  return (from) => {
    for (; next < places.length; next += 1) {
      const at = places[next] ?? 0;
      if (at < from) continue;
      whole.lastIndex = at;
      if (whole.test(text)) return at;
    }
    return -1;
  };
}
