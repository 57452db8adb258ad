import type { Rows } from "./rows.ts";

export interface ContributorCap {
  readonly asked: number;
  /** Higher than asked where that cannot hold. */
  readonly applied: number;
  readonly contributors: number;
  /** Most examples that anybody has. */
  readonly most: number;
  /** Why `applied` is not `asked`. */
  readonly relaxed?: string;
}

/**
 * Takes the worst examples of whoever has more than the share out, until nobody has. The share counts in what is left,
 * so the limit is a fixed point. With fewer than 1/share contributors no set but the empty one satisfies it: the share
 * becomes an equal one, or, where that leaves fewer than `minExamples`, the least that leaves so many.
 */
export function capContributors(rows: Rows, order: Uint32Array, asked: number, minExamples: number): ContributorCap {
  const counts = new Map<number, number>();
  for (const row of order) {
    const who = rows.contributor[row] ?? 0;
    if (rows.isIn(row)) counts.set(who, (counts.get(who) ?? 0) + 1);
  }
  const sizes = [...counts.values()].sort((a, b) => a - b);
  const { limit, applied, relaxed } = limitOf(sizes, asked, minExamples);
  for (const row of order) {
    const who = rows.contributor[row] ?? 0;
    const count = counts.get(who) ?? 0;
    if (!rows.isIn(row) || count <= limit) continue;
    rows.exclude(row, "ContributorCap");
    counts.set(who, count - 1);
  }
  const most = Math.max(0, ...counts.values());
  return { asked, applied, contributors: sizes.length, most, ...(relaxed === undefined ? {} : { relaxed }) };
}

interface Limit {
  readonly limit: number;
  readonly applied: number;
  readonly relaxed?: string;
}

function limitOf(sizes: readonly number[], asked: number, minExamples: number): Limit {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total === 0 || sizes.length * asked >= 1 - 1e-9) return { limit: greatestLimit(sizes, asked), applied: asked };
  const equal = 1 / sizes.length;
  const limit = greatestLimit(sizes, equal);
  const few = `${sizes.length} contributors cannot each stay below ${asked}`;
  if (capped(sizes, limit) >= Math.min(minExamples, total)) {
    return { limit, applied: equal, relaxed: `${few}: each has an equal share at most` };
  }
  let least = limit;
  while (capped(sizes, least) < Math.min(minExamples, total)) least++;
  const applied = least / capped(sizes, least);
  return { limit: least, applied, relaxed: `${few}, and with equal shares too few examples would be left` };
}

/** The greatest number that is at most `share` of what is left when nobody has more than it. */
export function greatestLimit(sizes: readonly number[], share: number): number {
  let low = 0;
  let high = sizes.at(-1) ?? 0;
  // share × capped(n) − n is concave and 0 at 0, so what holds for n holds for all below.
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (middle <= share * capped(sizes, middle) + 1e-9) low = middle;
    else high = middle - 1;
  }
  return low;
}

function capped(sizes: readonly number[], limit: number): number {
  return sizes.reduce((sum, size) => sum + Math.min(size, limit), 0);
}
