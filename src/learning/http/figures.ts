import type { Rollup } from "../store/port.ts";

export type Sum = Pick<Rollup, "facet" | "dimension" | "n" | "mean" | "p10" | "accepted">;

/** Buckets of the same facet and dimension put together. The percentile of a sum is only near: the mean of theirs. */
export function summed(rows: readonly Rollup[]): readonly Sum[] {
  const sums = new Map<string, Sum>();
  for (const row of rows) {
    const key = `${row.dimension} ${row.facet}`;
    const { facet, dimension } = row;
    const sum = sums.get(key) ?? { facet, dimension, n: 0, mean: 0, p10: 0, accepted: 0 };
    const n = sum.n + row.n;
    const mixed = (a: number, b: number) => (n === 0 ? 0 : (a * sum.n + b * row.n) / n);
    sums.set(key, {
      facet,
      dimension,
      n,
      mean: mixed(sum.mean, row.mean),
      p10: mixed(sum.p10, row.p10),
      accepted: sum.accepted + row.accepted,
    });
  }
  return [...sums.values()];
}
