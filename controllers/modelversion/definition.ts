import { type ModelVersion, ModelVersions, QualityPolicies } from "../../src/api/v1alpha1/kinds.ts";
import type { ModelVersionStatus } from "../../src/api/v1alpha1/modelversion.ts";
import { ConfigMaps, Deployments, Pods, Services } from "../../src/kube/resources.ts";
import type { Definition } from "../../src/runtime/definition.ts";
import { keyFrom, labelOf, VERSION_LABEL } from "../common/labels.ts";
import { observe, type VersionSources } from "./observe.ts";
import { plan } from "./plan.ts";
import type { VersionSnapshot } from "./snapshot.ts";

export function modelVersionController(
  sources: VersionSources,
): Definition<ModelVersion, ModelVersionStatus, VersionSnapshot> {
  return {
    name: "modelversion",
    primary: ModelVersions,
    owns: [Deployments, Services, ConfigMaps],
    watches: [
      { resource: Pods, map: (pod) => keyFrom(pod, labelOf(pod, VERSION_LABEL)) },
      {
        resource: QualityPolicies,
        map: (policy, cache) =>
          cache
            .list(ModelVersions, { namespace: policy.metadata.namespace ?? "" })
            .filter((version) => version.spec?.policyRef?.name === policy.metadata.name)
            .flatMap((version) => keyFrom(version, version.metadata.name)),
      },
    ],
    observe: (key, cache) => observe(key, cache, sources),
    plan,
    concurrency: 4,
  };
}
