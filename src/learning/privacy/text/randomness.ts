/** Letters that often follow each letter in English words and in names of code; together about nine in ten pairs. */
const FOLLOWERS: Readonly<Record<string, string>> = {
  a: "bcdgiklmnprstuvwxy",
  b: "aeijlorsuby",
  c: "acehikloprstuy",
  d: "adeiorsuby",
  e: "abcdefgilmnopqrstvwxy",
  f: "aefiloruts",
  g: "aeghilnorsuy",
  h: "aeiorty",
  i: "abcdefglmnoprstvz",
  j: "aeosu",
  k: "aeinsy",
  l: "adefiklmotuysp",
  m: "abeimopsuy",
  n: "acdefgiklnostuyv",
  o: "abcdefgiklmnoprstuvwy",
  p: "aehilopprstuw",
  q: "u",
  r: "acdegiklmnorstuvy",
  s: "acehikmopqrstuwy",
  t: "acehilorstuwy",
  u: "abcdegilmnprst",
  v: "aeio",
  w: "aehiorsd",
  x: "acipty",
  y: "acemopst",
  z: "aeioz",
};

const COMMON = new Uint8Array(26 * 26);
for (const [letter, followers] of Object.entries(FOLLOWERS)) {
  for (const follower of followers) COMMON[(letter.charCodeAt(0) - 97) * 26 + follower.charCodeAt(0) - 97] = 1;
}

/** Of each unit in the text that is being measured; all zero between two measurements. */
const COUNTS = new Uint32Array(65_536);

/** Shannon's entropy of the text's units, in bits each. */
export function entropy(text: string): number {
  const { length } = text;
  let bits = 0;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    COUNTS[code] = (COUNTS[code] ?? 0) + 1;
  }
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    const count = COUNTS[code] ?? 0;
    COUNTS[code] = 0;
    if (count > 0) bits -= (count / length) * Math.log2(count / length);
  }
  return bits;
}

export interface Shape {
  readonly digits: number;
  readonly lower: number;
  readonly upper: number;
  readonly others: number;
  /** Pairs of neighbouring letters, and how many of them are common in words. */
  readonly pairs: number;
  readonly commonPairs: number;
  /** How often letters and digits take turns. */
  readonly switches: number;
  /** How often a lower case letter follows an upper case one's run, or the reverse, other than a word's beginning. */
  readonly caseFlips: number;
}

const DIGIT = 1;
const LOWER = 2;
const UPPER = 3;
const OTHER = 4;

function kindOf(code: number): number {
  if (code >= 97 && code <= 122) return LOWER;
  if (code >= 65 && code <= 90) return UPPER;
  return code >= 48 && code <= 57 ? DIGIT : OTHER;
}

/** Only the first 256 units count: what is longer is told from words by then. */
export function shapeOf(text: string): Shape {
  const counts = [0, 0, 0, 0, 0];
  let pairs = 0;
  let commonPairs = 0;
  let switches = 0;
  let caseFlips = 0;
  let before = 0;
  let letter = 0;
  const length = Math.min(text.length, 256);
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    const kind = kindOf(code);
    counts[kind] = (counts[kind] ?? 0) + 1;
    const isLetter = kind === LOWER || kind === UPPER;
    const wasLetter = before === LOWER || before === UPPER;
    // aB begins a word of camelCase and makes no pair.
    if (isLetter && wasLetter && !(before === LOWER && kind === UPPER)) {
      pairs += 1;
      commonPairs += COMMON[(letter - 97) * 26 + (code | 32) - 97] ?? 0;
    }
    if ((isLetter && before === DIGIT) || (kind === DIGIT && wasLetter)) switches += 1;
    if (before === LOWER && kind === UPPER) caseFlips += 1;
    before = kind;
    letter = code | 32;
  }
  return {
    digits: counts[DIGIT] ?? 0,
    lower: counts[LOWER] ?? 0,
    upper: counts[UPPER] ?? 0,
    others: counts[OTHER] ?? 0,
    pairs,
    commonPairs,
    switches,
    caseFlips,
  };
}

/**
 * How little the text looks like words, 0 to about 1.6: letter pairs that words lack, digits among letters, changes of
 * case. Words and names of code lie below 0.4, random tokens above 0.7.
 */
export function randomness(text: string): number {
  const shape = shapeOf(text);
  const length = Math.min(text.length, 256);
  if (length === 0) return 0;
  const strange = shape.pairs === 0 ? 0.5 : 1 - shape.commonPairs / shape.pairs;
  const mixing = Math.min(1, (3 * shape.switches) / length);
  const flipping = Math.min(1, (3 * Math.max(0, shape.caseFlips - 1)) / length);
  return strange + 0.5 * mixing + 0.3 * flipping;
}
