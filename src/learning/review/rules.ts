import type { DataPolicy } from "../../api/learning/policies.ts";
import { dataPolicy } from "../../api/learning/policies.ts";
import { milliseconds } from "../../domain/duration.ts";
import type { PolicyName, Tenant } from "../model.ts";
import type { PolicyStore, ReviewDecision, ThresholdStore } from "../store/port.ts";

/** What counts where the reviewer gives a verdict and no score: far from any threshold, so that its moves change nothing. */
export const VERDICT_ALONE = { include: 1, exclude: 0 } as const;
/** How far below the threshold a score is put whose verdict is to exclude. */
const JUST_BELOW = 0.01;

/**
 * The score that a decision leaves behind. Datasets and thresholds go by the score alone, so it never lies on the other
 * side of the threshold than the verdict.
 */
export function decidedScore(verdict: ReviewDecision["verdict"], given: number | undefined, threshold: number): number {
  const overall = given ?? VERDICT_ALONE[verdict];
  return verdict === "include" ? Math.max(overall, threshold) : Math.max(0, Math.min(overall, threshold - JUST_BELOW));
}

/** The policies as reviews need them. One that was removed leaves its open reviews under the defaults. */
export function reviewRules(policies: Pick<PolicyStore, "current">, thresholds: Pick<ThresholdStore, "current">) {
  const find = async (name: PolicyName): Promise<DataPolicy> => {
    const set = await policies.current();
    return set?.policies.find((policy) => nameOf(policy) === name) ?? DEFAULTS;
  };
  return {
    names: async (): Promise<readonly PolicyName[]> => ((await policies.current())?.policies ?? []).map(nameOf).sort(),
    leaseMs: async (name: PolicyName | undefined) =>
      milliseconds((name === undefined ? DEFAULTS : await find(name)).assessment.review.lease),
    privacy: async (name: PolicyName) => (await find(name)).privacy,
    threshold: async (tenant: Tenant, name: PolicyName) =>
      (await thresholds.current(tenant, name))?.to ?? (await find(name)).assessment.threshold.initial,
  };
}
export type ReviewRules = ReturnType<typeof reviewRules>;

const nameOf = ({ namespace, name }: DataPolicy): PolicyName => `${namespace}/${name}`;
const DEFAULTS = dataPolicy.parse({ namespace: "default", name: "removed", servedModel: "removed" });
