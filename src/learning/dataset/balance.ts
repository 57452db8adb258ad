import type { DatasetPolicy } from "../../api/learning/policies.ts";
import type { Rows } from "./rows.ts";

/** From this share on a value crowds out the others. */
export const DOMINANT_SHARE = 0.6;
/** What a dominant value may lose at most of its own: others may be too rare to be balanced with. */
export const MOST_LOST = 0.5;

export interface Balanced {
  readonly by: "language" | "kind";
  /** Number of the value that was dominant. */
  readonly value: number;
  readonly before: number;
  readonly after: number;
}

/**
 * Takes the worst examples of a dominant value out until it holds DOMINANT_SHARE of all, or has lost MOST_LOST of its
 * own, or `minExamples` are left, whichever comes first. One dimension after the other, as the policy names them.
 */
export function balance(
  rows: Rows,
  order: Uint32Array,
  by: DatasetPolicy["balanceBy"],
  minExamples: number,
): readonly Balanced[] {
  return by.flatMap((dimension) => {
    const values = dimension === "language" ? rows.language : rows.kind;
    const counts = new Map<number, number>();
    for (const row of order) {
      const value = values[row] ?? 0;
      if (rows.isIn(row)) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    const [value, before] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? [0, 0];
    const others = [...counts.values()].reduce((sum, count) => sum + count, 0) - before;
    const after = limitOf(before, others, minExamples);
    let surplus = before - after;
    for (let at = 0; at < order.length && surplus > 0; at++) {
      const row = order[at] ?? 0;
      if (!rows.isIn(row) || values[row] !== value) continue;
      rows.exclude(row, "Unbalanced");
      surplus--;
    }
    return after < before ? [{ by: dimension, value, before, after }] : [];
  });
}

function limitOf(count: number, others: number, minExamples: number): number {
  if (others === 0) return count;
  const fair = Math.floor((DOMINANT_SHARE / (1 - DOMINANT_SHARE)) * others + 1e-9);
  return Math.min(count, Math.max(fair, Math.ceil(MOST_LOST * count), minExamples - others));
}
