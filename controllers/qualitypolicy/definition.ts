import { ModelVersions, QualityPolicies, type QualityPolicy, TrainingRuns } from "../../src/api/v1alpha1/kinds.ts";
import type { QualityPolicyStatus } from "../../src/api/v1alpha1/qualitypolicy.ts";
import type { KubeObject } from "../../src/kube/object.ts";
import type { Definition } from "../../src/runtime/definition.ts";
import { keyFrom } from "../common/labels.ts";
import { observe } from "./observe.ts";
import { plan } from "./plan.ts";
import type { PushState } from "./push.ts";
import type { PolicySnapshot } from "./snapshot.ts";

/** `dataPlane` answers how telling it of the policies goes; undefined: this installation has no data plane. */
export function qualityPolicyController(
  dataPlane: () => PushState | undefined = () => undefined,
): Definition<QualityPolicy, QualityPolicyStatus, PolicySnapshot> {
  const named = (object: KubeObject) =>
    keyFrom(object, (object as { spec?: { policyRef?: { name?: string } } }).spec?.policyRef?.name);
  return {
    name: "qualitypolicy",
    primary: QualityPolicies,
    watches: [
      { resource: TrainingRuns, map: named },
      { resource: ModelVersions, map: named },
      {
        resource: QualityPolicies,
        // A policy that goes away frees its served model for another.
        map: (policy, cache) =>
          cache
            .list(QualityPolicies, { namespace: policy.metadata.namespace ?? "" })
            .flatMap((other) => keyFrom(other, other.metadata.name)),
      },
    ],
    observe: (key, cache) => observe(key, cache, dataPlane()),
    plan,
  };
}
