import { distance } from "fastest-levenshtein";
import { SCORING } from "../../domain/quality/numbers.ts";

/**
 * Share of the tokens that were changed between two pieces of code, 0 to 1: token Levenshtein over the longer of them.
 * White space does not count, so that a formatter changes nothing. Beyond the bound on tokens, what neither begins nor
 * ends both is compared as a bag of lines instead: an estimate, in linear time.
 */
export function editDistance(offered: string, kept: string): number {
  if (offered === kept) return 0;
  const [from, to] = [tokens(offered), tokens(kept)];
  const longer = Math.max(from.length, to.length);
  if (longer === 0) return 0;
  const [a, b] = differing(from, to);
  const bound = SCORING.edit.mostTokens;
  if (a.length > bound || b.length > bound) return linesChanged(offered, kept);
  return distance(...encoded(a, b)) / longer;
}

function tokens(code: string): readonly string[] {
  return code.match(/[\p{L}\p{N}_$]+|[^\s\p{L}\p{N}_$]/gu) ?? [];
}

/** Both without what they begin and end with alike. */
function differing(a: readonly string[], b: readonly string[]): readonly [readonly string[], readonly string[]] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  return [a.slice(start, a.length - end), b.slice(start, b.length - end)];
}

/** One UTF-16 unit for each different token: the library compares strings. */
function encoded(a: readonly string[], b: readonly string[]): [string, string] {
  const units = new Map<string, string>();
  const unit = (token: string) => {
    const known = units.get(token);
    if (known !== undefined) return known;
    const made = String.fromCharCode(units.size);
    units.set(token, made);
    return made;
  };
  return [a.map(unit).join(""), b.map(unit).join("")];
}

function linesChanged(offered: string, kept: string): number {
  const [a, b] = [lines(offered), lines(kept)];
  const left = new Map<string, number>();
  for (const line of a) left.set(line, (left.get(line) ?? 0) + 1);
  let same = 0;
  for (const line of b) {
    const count = left.get(line) ?? 0;
    if (count === 0) continue;
    left.set(line, count - 1);
    same += 1;
  }
  return 1 - same / Math.max(a.length, b.length, 1);
}

function lines(code: string): readonly string[] {
  return code
    .split("\n")
    .map((line) => line.replace(/\s+/g, ""))
    .filter((line) => line !== "");
}
