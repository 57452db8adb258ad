import { AMERICAS } from "./americas.ts";
import { EUROPE } from "./europe.ts";
import { type NationalNumber, PERSONAL } from "./kinds.ts";
import { WORLD } from "./world.ts";

const ALL: readonly NationalNumber[] = [...AMERICAS, ...EUROPE, ...WORLD];
/** How far before a number what it is called may stand. */
const REACH = 60;

/**
 * Where the national number that begins at `at` ends. A check digit alone says little (one in ten numbers has it), so
 * plain digits need a word that names them; ways of writing that nothing else has do not.
 */
export function nationalAt(text: string, at: number): number | undefined {
  let before: string | undefined;
  for (const kind of ALL) {
    kind.shape.lastIndex = at;
    if (!kind.shape.test(text)) continue;
    const end = kind.shape.lastIndex;
    const shown = text.slice(at, end);
    if (!kind.holds(shown.replace(/[^\dA-Za-z]/g, "").toUpperCase())) continue;
    if (kind.called === undefined || kind.unmistakable?.test(shown)) return end;
    before ??= text.slice(Math.max(0, at - REACH), at);
    if (kind.called.test(before) || (kind.name !== "driving" && kind.name !== "passport" && PERSONAL.test(before)))
      return end;
  }
  return undefined;
}
