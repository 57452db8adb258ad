import { structuredPatch } from "diff";
import type { CodeChange } from "../../api/learning/review-code.ts";

export const DIFF_LIMITS = {
  /** Lines of either side; splitting more would already take longer than the comparison may. */
  lines: 20_000,
  /** Lines removed and added together, beyond which nobody reads a comparison. */
  edits: 3000,
  /** For one piece of code. The main thread stands still that long at most. */
  pieceMs: 40,
  /** For all pieces of an interaction together. */
  totalMs: 250,
  /** Unchanged lines around a change. */
  context: 4,
} as const;

/** Milliseconds of any clock that only goes forward. */
export type Stopwatch = () => number;

/** Compares pieces of code until the time for all of them is spent; the rest is shown uncompared. */
export function comparer(stopwatch: Stopwatch): (before: string, after: string) => CodeChange {
  const until = stopwatch() + DIFF_LIMITS.totalMs;
  return (before, after) => compare(before, after, Math.min(DIFF_LIMITS.pieceMs, until - stopwatch()));
}

function compare(before: string, after: string, budgetMs: number): CodeChange {
  const tooLarge = { state: "tooLarge", before, after } as const;
  if (budgetMs <= 0 || !readable(before) || !readable(after)) return tooLarge;
  const patch = structuredPatch("before", "after", before, after, "", "", {
    context: DIFF_LIMITS.context,
    maxEditLength: DIFF_LIMITS.edits,
    timeout: budgetMs,
  });
  if (patch === undefined) return tooLarge;
  const hunks = patch.hunks.map(({ oldStart, newStart, lines }) => ({ oldStart, newStart, lines }));
  const starting = (mark: string) =>
    hunks.reduce((sum, { lines }) => sum + lines.filter((line) => line.startsWith(mark)).length, 0);
  return { state: "compared", added: starting("+"), removed: starting("-"), hunks };
}

function readable(text: string): boolean {
  let lines = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) {
    lines += 1;
    if (lines > DIFF_LIMITS.lines) return false;
  }
  return true;
}
