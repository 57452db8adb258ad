import { DIMENSIONS, type Dimension, type Instant, type PolicyName, type Tenant } from "../../model.ts";

const HOUR = 3_600_000;
export const BINS = 20;
const MILLIONTHS = 1_000_000;
export const ALL = "all";

/** What one score puts into the rollups. Kept with the score, so that the very same can be taken out again. */
export interface Contribution {
  readonly policy: PolicyName;
  readonly hour: Instant;
  readonly facets: readonly string[];
  readonly values: readonly (readonly [Dimension | "overall", number])[];
  readonly accepted: boolean;
}

export function contributionOf(score: {
  readonly policy: PolicyName;
  readonly at: Instant;
  readonly facets: readonly string[];
  readonly dimensions: Readonly<Partial<Record<Dimension, number>>>;
  readonly overall: number;
  readonly accepted: boolean;
}): Contribution {
  const { dimensions } = score;
  const known = DIMENSIONS.flatMap((name): [Dimension, number][] => {
    const value = dimensions[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    policy: score.policy,
    hour: Math.floor(score.at / HOUR) * HOUR,
    facets: [...new Set([ALL, ...score.facets])],
    values: [["overall", score.overall], ...known],
    accepted: score.accepted,
  };
}

export interface RollupDelta {
  readonly tenant: Tenant;
  readonly policy: PolicyName;
  readonly hour: Instant;
  readonly facet: string;
  readonly dimension: Dimension | "overall";
  readonly bin: number;
  n: number;
  /** In millionths, so that sums of what was added and taken out are exact. */
  total: number;
  accepted: number;
}

/** What a batch changes, one row each, in the order of their keys. */
export class RollupDeltas {
  readonly #rows = new Map<string, RollupDelta>();

  add(tenant: Tenant, what: Contribution, sign: 1 | -1): void {
    for (const facet of what.facets)
      for (const [dimension, value] of what.values) {
        const bin = Math.min(Math.floor(value * BINS), BINS - 1);
        const row = this.#row({ tenant, policy: what.policy, hour: what.hour, facet, dimension, bin });
        row.n += sign;
        row.total += sign * Math.round(value * MILLIONTHS);
        if (dimension === "overall" && what.accepted) row.accepted += sign;
      }
  }

  changes(): readonly RollupDelta[] {
    return [...this.#rows.entries()]
      .filter(([, { n, total, accepted }]) => n !== 0 || total !== 0 || accepted !== 0)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, row]) => row);
  }

  #row(key: Omit<RollupDelta, "n" | "total" | "accepted">): RollupDelta {
    const name = JSON.stringify([key.tenant, key.policy, key.hour, key.facet, key.dimension, key.bin]);
    const row = this.#rows.get(name) ?? { ...key, n: 0, total: 0, accepted: 0 };
    this.#rows.set(name, row);
    return row;
  }
}

export function meanOf(n: number, total: number): number {
  return total / MILLIONTHS / n;
}

/** Lower edge of the bin in which the tenth percentile lies. */
export function tenthPercentile(bins: ReadonlyMap<number, number>): number {
  const n = [...bins.values()].reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (let bin = 0; bin < BINS; bin++) {
    seen += bins.get(bin) ?? 0;
    if (seen > 0 && seen >= n / 10) return bin / BINS;
  }
  return 0;
}
