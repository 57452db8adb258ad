import type { AssessmentPolicy } from "../../api/learning/policies.ts";
import { milliseconds } from "../../domain/duration.ts";
import { STEERING } from "../../domain/quality/numbers.ts";
import { adjustThreshold, effectiveThreshold, type ThresholdDecision } from "../../domain/quality/threshold.ts";
import type { Instant, PolicyName, Tenant } from "../model.ts";
import type { Store, ThresholdStore } from "../store/port.ts";
import { analyse } from "./analysis.ts";

/** One threshold: that of a policy for a tenant. */
export interface ThresholdScope {
  readonly tenant: Tenant;
  readonly policy: PolicyName;
  readonly assessment: AssessmentPolicy;
}

export interface Adjusted {
  readonly tenant: Tenant;
  readonly policy: PolicyName;
  readonly decision: ThresholdDecision;
  /** lost: another process changed it first; what this one saw is out of date. */
  readonly outcome: "held" | "changed" | "lost";
}

const HOUR = 3_600_000;
/** Enough for the steps to be told from those before them. */
const REMEMBERED = 50;

/** Decides each threshold from the rollups and stores what changed, with its reason. Safe to run in several processes. */
export async function adjustThresholds(options: {
  readonly store: Pick<Store, "thresholds" | "assessments">;
  readonly scopes: readonly ThresholdScope[];
  readonly now: Instant;
}): Promise<readonly Adjusted[]> {
  const adjusted: Adjusted[] = [];
  for (const scope of options.scopes) adjusted.push(await adjust(options.store, scope, options.now));
  return adjusted;
}

async function adjust(
  store: Pick<Store, "thresholds" | "assessments">,
  { tenant, policy, assessment: { threshold } }: ThresholdScope,
  now: Instant,
): Promise<Adjusted> {
  const history = await store.thresholds.history(tenant, policy, REMEMBERED);
  const last = history[0];
  const window = milliseconds(threshold.window);
  const since = Math.max(last?.at ?? 0, now - STEERING.threshold.sampleWindows * window);
  const sample = await acceptance(store, { tenant, policy, from: Math.ceil(since / HOUR) * HOUR, to: now });
  const { lean } = await analyse({ store, tenant, policy, from: now - window, to: now });
  const decision = adjustThreshold({ policy: threshold, history, sample, lean, now });
  if (!("change" in decision)) return { tenant, policy, decision, outcome: "held" };
  const change = { tenant, policy, ...decision.change, reason: decision.reason, at: now };
  const written = await store.thresholds.change(change, last?.at);
  return { tenant, policy, decision, outcome: written ? "changed" : "lost" };
}

/** Scores since, and how many reached the threshold that then held. Hours are counted whole. */
async function acceptance(
  { assessments }: Pick<Store, "assessments">,
  span: { readonly tenant: Tenant; readonly policy: PolicyName; readonly from: Instant; readonly to: Instant },
): Promise<{ readonly n: number; readonly accepted: number }> {
  if (span.from >= span.to) return { n: 0, accepted: 0 };
  const rollups = await assessments.rollup({ ...span, facet: "all", bucketMs: 24 * HOUR });
  const overall = rollups.filter(({ facet, dimension }) => facet === "all" && dimension === "overall");
  return {
    n: overall.reduce((sum, { n }) => sum + n, 0),
    accepted: overall.reduce((sum, { accepted }) => sum + accepted, 0),
  };
}

export type ThresholdOf = (tenant: Tenant, policy: PolicyName, assessment: AssessmentPolicy) => Promise<number>;

/** The threshold in force, read at most once in `maxAgeMs` for each tenant and policy. */
export function thresholdReader(
  thresholds: Pick<ThresholdStore, "current">,
  maxAgeMs: number,
  now: () => Instant,
): ThresholdOf {
  const known = new Map<string, { readonly at: Instant; readonly recorded: Promise<number | undefined> }>();
  return async (tenant, policy, { threshold }) => {
    const name = `${tenant}\n${policy}`;
    let entry = known.get(name);
    if (entry === undefined || now() - entry.at >= maxAgeMs) {
      entry = { at: now(), recorded: thresholds.current(tenant, policy).then((change) => change?.to) };
      known.set(name, entry);
      // A read that failed must not be remembered.
      entry.recorded.catch(() => known.delete(name));
    }
    return effectiveThreshold(threshold, await entry.recorded);
  };
}
