import type { AssessmentPolicy } from "../../api/learning/policies.ts";
import { analyseQuality, type Figure, type QualityAnalysis } from "../../domain/quality/analysis.ts";
import { type Calibration, calibrate } from "../../domain/quality/calibration.ts";
import { pooled } from "../../domain/quality/statistics.ts";
import type { Instant, PolicyName, Tenant } from "../model.ts";
import type { Rollup, Store } from "../store/port.ts";

const HOUR = 3_600_000;

/** What is failing between `from` and `to`, against the rest and against as long a time before. */
export async function analyse(query: {
  readonly store: Pick<Store, "assessments">;
  readonly tenant: Tenant;
  readonly policy: PolicyName;
  readonly from: Instant;
  readonly to: Instant;
}): Promise<QualityAnalysis> {
  const { store, tenant, policy, to } = query;
  // Rollups are of whole hours: none may count on both sides.
  const from = Math.floor(query.from / HOUR) * HOUR;
  const bucketMs = Math.max(HOUR, Math.ceil((to - from) / HOUR) * HOUR);
  const [now, before] = await Promise.all([
    store.assessments.rollup({ tenant, policy, from, to, bucketMs }),
    store.assessments.rollup({ tenant, policy, from: from - (to - from), to: from, facet: "all", bucketMs }),
  ]);
  return analyseQuality(figures(now), figures(before));
}

/** How far confidence can be believed, from the newest decided reviews. */
export async function calibration(query: {
  readonly store: Pick<Store, "reviews">;
  readonly tenant: Tenant;
  readonly policy: PolicyName;
  readonly review: AssessmentPolicy["review"];
  readonly limit: number;
}): Promise<Calibration> {
  return calibrate(await query.store.reviews.calibration(query.tenant, query.policy, query.limit), query.review);
}

/** One figure for each facet and dimension over all buckets, and one for the share that was accepted. */
function figures(rollups: readonly Rollup[]): readonly Figure[] {
  const groups = new Map<string, Rollup[]>();
  for (const rollup of rollups) {
    const name = `${rollup.facet}\n${rollup.dimension}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [rollup]);
    else group.push(rollup);
  }
  return [...groups.values()].flatMap((group): Figure[] => {
    const [first] = group;
    if (first === undefined) return [];
    const { facet, dimension } = first;
    const figure = { facet, measure: dimension, ...pooled(group) };
    if (dimension !== "overall" || figure.n === 0) return [figure];
    const accepted = group.reduce((sum, rollup) => sum + rollup.accepted, 0);
    return [figure, { facet, measure: "accepted", n: figure.n, mean: accepted / figure.n }];
  });
}
