import { unitAt } from "../../text/unit.ts";
import { isDigit, isLetter, leadOf } from "../context.ts";
import { AMERICAS } from "./americas.ts";
import { EUROPE } from "./europe.ts";
import { type NationalNumber, PERSONAL } from "./kinds.ts";
import { WORLD } from "./world.ts";

const BY_HEAD = new Map<number, NationalNumber[]>();
for (const kind of [...AMERICAS, ...EUROPE, ...WORLD]) {
  for (const head of kind.heads) BY_HEAD.set(head, [...(BY_HEAD.get(head) ?? []), kind]);
}
/** How far before a number what it is called may stand. */
export const REACH = 60;

/**
 * Where the national number that begins at `at` ends. `lettered`: whether any letter stands before it within reach. A check digit alone says little (one in ten numbers has it), so
 * plain digits need a word that names them; ways of writing that nothing else has do not.
 */
export function nationalAt(text: string, at: number, lettered: boolean): number | undefined {
  let before: string | undefined;
  for (const kind of BY_HEAD.get(headAt(text, at)) ?? []) {
    if (!lettered && kind.called !== undefined && kind.unmistakable === undefined) continue;
    kind.shape.lastIndex = at;
    if (!kind.shape.test(text)) continue;
    const end = kind.shape.lastIndex;
    const shown = text.slice(at, end);
    if (!kind.holds(shown.replace(/[^\dA-Za-z]/g, "").toUpperCase())) continue;
    if (kind.called === undefined || kind.unmistakable?.test(shown)) return end;
    if (!lettered) continue;
    before ??= leadOf(text, at, REACH);
    if (kind.called.test(before) || (kind.name !== "driving" && kind.name !== "passport" && PERSONAL.test(before)))
      return end;
  }
  return undefined;
}

/** Digits, or letters as a negative number, that `at` begins with. */
function headAt(text: string, at: number): number {
  let end = at;
  while (end < at + 20 && isDigit(unitAt(text, end))) end += 1;
  if (end > at) return end - at;
  while (end < at + 20 && isLetter(unitAt(text, end))) end += 1;
  return at - end;
}
