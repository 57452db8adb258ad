import { ModelVersions, QualityPolicies, type TrainingRun, TrainingRuns } from "../../src/api/v1alpha1/kinds.ts";
import type { TrainingRunStatus } from "../../src/api/v1alpha1/trainingrun.ts";
import type { KubeObject } from "../../src/kube/object.ts";
import { ConfigMaps, Jobs, Pods } from "../../src/kube/resources.ts";
import type { Definition } from "../../src/runtime/definition.ts";
import { keyFrom, labelOf, RUN_LABEL } from "../common/labels.ts";
import { observe, type RunSources } from "./observe.ts";
import { plan } from "./plan.ts";
import type { RunSnapshot } from "./snapshot.ts";

export function trainingRunController(sources: RunSources): Definition<TrainingRun, TrainingRunStatus, RunSnapshot> {
  return {
    name: "trainingrun",
    primary: TrainingRuns,
    owns: [Jobs, ConfigMaps],
    watches: [
      { resource: Pods, map: (pod) => keyFrom(pod, labelOf(pod, RUN_LABEL)) },
      { resource: ModelVersions, map: (version) => keyFrom(version, lineage(version)) },
      {
        resource: QualityPolicies,
        // A run reads its policy once, before its spec is recorded; those that wait for it are few.
        map: (policy, cache) =>
          cache
            .list(TrainingRuns, { namespace: policy.metadata.namespace ?? "" })
            .filter((run) => run.spec?.policyRef?.name === policy.metadata.name)
            .flatMap((run) => keyFrom(run, run.metadata.name)),
      },
    ],
    observe: (key, cache) => observe(key, cache, sources),
    plan,
    concurrency: 4,
  };
}

function lineage(object: KubeObject): string | undefined {
  return (object as { spec?: { lineage?: { trainingRun?: string } } }).spec?.lineage?.trainingRun;
}
