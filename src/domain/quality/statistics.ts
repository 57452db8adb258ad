export interface Share {
  readonly n: number;
  /** Mean of values from 0 to 1, or a share. */
  readonly mean: number;
}

/** Wilson score interval of a share: honest for small samples and near 0 and 1. Everything is possible without any. */
export function wilson({ n, mean }: Share, z: number): { readonly lower: number; readonly upper: number } {
  if (n === 0) return { lower: 0, upper: 1 };
  const square = z * z;
  const middle = (mean + square / (2 * n)) / (1 + square / n);
  const half = (z / (1 + square / n)) * Math.sqrt((mean * (1 - mean)) / n + square / (4 * n * n));
  return { lower: Math.max(0, middle - half), upper: Math.min(1, middle + half) };
}

/**
 * By how much `low` lies below `high`, and by how much at least: the lower bound of the difference after Agresti and
 * Caffo (2000), one success and one failure added to each. For means of values from 0 to 1 it is conservative, since
 * no variance exceeds mean × (1 − mean) (Bhatia and Davis): rollups keep none.
 */
export function shortfall(low: Share, high: Share, z: number): { readonly by: number; readonly atLeast: number } {
  const [a, b] = [padded(low), padded(high)];
  const error = Math.sqrt((a.mean * (1 - a.mean)) / a.n + (b.mean * (1 - b.mean)) / b.n);
  return { by: high.mean - low.mean, atLeast: b.mean - a.mean - z * error };
}

function padded({ n, mean }: Share): Share {
  return { n: n + 2, mean: (n * mean + 1) / (n + 2) };
}

/** The one-sided normal quantile: `P(Z > z) = tail`. For tails from 1e-12 to a half, to four digits and better. */
export function quantile(tail: number): number {
  let [low, high] = [0, 8];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (upperTail(middle) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** `P(Z > z)` for z ≥ 0 by the Chebyshev fit of erfc in Numerical Recipes §6.2: relative error below 1.2e-7. */
function upperTail(z: number): number {
  const x = z / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  const sum = ERFC.reduceRight((rest, coefficient) => rest * t + coefficient, 0);
  return (t * Math.exp(-x * x + sum)) / 2;
}

const ERFC = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
];

/** One mean of several. */
export function pooled(shares: readonly Share[]): Share {
  const n = shares.reduce((sum, share) => sum + share.n, 0);
  return { n, mean: n === 0 ? 0 : shares.reduce((sum, share) => sum + share.n * share.mean, 0) / n };
}
