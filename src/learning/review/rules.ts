import { type DataPolicy, dataPolicy } from "../../api/learning/policies.ts";
import { milliseconds } from "../../domain/duration.ts";
import { nameOf, type PolicyBook } from "../intake/policy-book.ts";
import type { PolicyName, Tenant } from "../model.ts";
import type { ThresholdStore } from "../store/port.ts";

/** What counts where the reviewer gives a verdict and no score: on the verdict's side of whatever the threshold becomes. */
export const VERDICT_ALONE = { include: 1, exclude: 0 } as const;

/** The policies as reviews need them. One that was removed leaves its open reviews under the defaults. */
export function reviewRules(
  policies: Pick<PolicyBook, "current" | "named">,
  thresholds: Pick<ThresholdStore, "current">,
) {
  const find = (name: PolicyName | undefined): DataPolicy =>
    (name === undefined ? undefined : policies.named(name)) ?? DEFAULTS;
  return {
    /** A tenant is a namespace. */
    names: (tenant: Tenant): PolicyName[] =>
      (policies.current()?.policies ?? [])
        .filter(({ namespace }) => namespace === tenant)
        .map(nameOf)
        .sort(),
    leaseMs: (name: PolicyName | undefined) => milliseconds(find(name).assessment.review.lease),
    review: (name: PolicyName) => find(name).assessment.review,
    privacy: (name: PolicyName) => find(name).privacy,
    threshold: async (tenant: Tenant, name: PolicyName) =>
      (await thresholds.current(tenant, name))?.to ?? find(name).assessment.threshold.initial,
  };
}
export type ReviewRules = ReturnType<typeof reviewRules>;

const DEFAULTS = dataPolicy.parse({ namespace: "default", name: "removed", servedModel: "removed" });
