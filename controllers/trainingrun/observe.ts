import type { OperatorConfig } from "../../src/api/operatorconfig.ts";
import { problems } from "../../src/api/problems.ts";
import { ModelVersions, QualityPolicies, TrainingRuns } from "../../src/api/v1alpha1/kinds.ts";
import { trainingRunSpec } from "../../src/api/v1alpha1/trainingrun.ts";
import { sha256Hex } from "../../src/domain/identity.ts";
import type { Cache } from "../../src/kube/cache.ts";
import type { ObjectKey } from "../../src/kube/object.ts";
import { ConfigMaps, Jobs, type Pod, Pods } from "../../src/kube/resources.ts";
import type { Facts } from "../../src/runtime/facts.ts";
import { labelOf, RUN_LABEL, STEP_LABEL } from "../common/labels.ts";
import { alive, inOrder, workOf } from "./containers.ts";
import type { Progress } from "./progress.ts";
import { versionOf } from "./publish.ts";
import { readBack, snapshotName } from "./resolve.ts";
import type { RunSnapshot } from "./snapshot.ts";

/** What observing a run needs beside the cache. */
export interface RunSources {
  readonly config: OperatorConfig;
  readonly template: string;
  /** Keyed by `namespace/run/pod/container`. */
  readonly progress: Facts<Progress | undefined>;
}

export function observe(
  key: ObjectKey,
  cache: Cache,
  { config, template, progress }: RunSources,
): RunSnapshot | undefined {
  const run = cache.get(TrainingRuns, key);
  if (run === undefined) return undefined;
  const parsed = trainingRunSpec.safeParse(run.spec);
  const status = run.status ?? {};
  const { namespace } = key;
  const policyName = run.spec?.policyRef?.name;
  const map = cache.get(ConfigMaps, { namespace, name: snapshotName(run) });
  const recorded = map?.metadata.ownerReferences?.some((owner) => owner.uid === run.metadata.uid) ? map : undefined;
  const resolved = recorded === undefined ? undefined : readBack(recorded);
  const pods = cache.list(Pods, { namespace }).filter((pod) => labelOf(pod, RUN_LABEL) === key.name);
  // Of several that train together only the first is shown: another's progress is not that of its step.
  const [shown] = alive(inOrder(pods));
  const running = shown && atWork(shown);
  const version =
    resolved === undefined || status.artifact === undefined
      ? undefined
      : versionOf(run, resolved, status.artifact, undefined).metadata.name;
  return {
    run,
    spec: parsed.success ? { valid: parsed.data } : { invalid: problems(parsed.error, "spec") },
    status,
    policy: policyName === undefined ? undefined : cache.get(QualityPolicies, { namespace, name: policyName }),
    recorded,
    recordedDigest: recorded === undefined ? undefined : sha256Hex(recorded.data?.["resolved.json"] ?? ""),
    maxAttempts: resolved?.training.maxAttempts,
    jobs: cache.ownedBy(Jobs, run),
    pods,
    progress:
      running === undefined ? undefined : progress.want(`${namespace}/${key.name}/${running.pod}/${running.container}`),
    modelVersion: version === undefined ? undefined : cache.get(ModelVersions, { namespace, name: version }),
    config,
    template,
  };
}

/** The container of a pod whose log tells of progress. */
function atWork(pod: Pod): { pod: string; container: string } | undefined {
  if (labelOf(pod, STEP_LABEL) === undefined) return undefined;
  const work = workOf(pod);
  return work?.isRunning === true ? { pod: pod.metadata.name, container: work.container } : undefined;
}
