import { problems } from "../../src/api/problems.ts";
import { ModelVersions, QualityPolicies, type QualityPolicy, TrainingRuns } from "../../src/api/v1alpha1/kinds.ts";
import { qualityPolicySpec } from "../../src/api/v1alpha1/qualitypolicy.ts";
import type { Cache } from "../../src/kube/cache.ts";
import type { ObjectKey } from "../../src/kube/object.ts";
import { type PushState, pushOf } from "./push.ts";
import type { PolicySnapshot } from "./snapshot.ts";

export function observe(key: ObjectKey, cache: Cache, dataPlane?: PushState): PolicySnapshot | undefined {
  const policy = cache.get(QualityPolicies, key);
  if (policy === undefined) return undefined;
  const { namespace, name } = key;
  const parsed = qualityPolicySpec.safeParse(policy.spec);
  return {
    policy,
    spec: parsed.success ? { valid: parsed.data } : { invalid: problems(parsed.error, "spec") },
    status: policy.status ?? {},
    holder: cache.list(QualityPolicies, { namespace }).find((other) => holds(other, policy)),
    runs: cache.list(TrainingRuns, { namespace }).filter((run) => run.spec?.policyRef?.name === name),
    versions: cache.list(ModelVersions, { namespace }).filter((version) => version.spec?.policyRef?.name === name),
    dataPlane: dataPlane && parsed.success ? pushOf(dataPlane, key, parsed.data) : dataPlane,
  };
}

/** Whether `other` holds the served model that `policy` names too: the older does; of two of one second, the first by name. */
function holds(other: QualityPolicy, policy: QualityPolicy): boolean {
  if (other.metadata.name === policy.metadata.name || other.metadata.deletionTimestamp !== undefined) return false;
  if (other.spec?.servedModel !== policy.spec?.servedModel) return false;
  const rank = ({ metadata }: QualityPolicy) => `${metadata.creationTimestamp ?? ""} ${metadata.name}`;
  return rank(other) < rank(policy);
}
