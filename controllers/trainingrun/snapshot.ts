import type { OperatorConfig } from "../../src/api/operatorconfig.ts";
import type { ModelVersion, QualityPolicy, TrainingRun } from "../../src/api/v1alpha1/kinds.ts";
import type { TrainingRunSpec, TrainingRunStatus } from "../../src/api/v1alpha1/trainingrun.ts";
import type { ConfigMap, Job, Pod } from "../../src/kube/resources.ts";
import type { Fact } from "../../src/runtime/plan.ts";
import type { Progress } from "./progress.ts";

/** All that a decision about a run is made from. */
export interface RunSnapshot {
  readonly run: TrainingRun;
  /** The spec after parsing, or what is wrong with it: an older, looser CRD may have let it in. */
  readonly spec: { readonly valid: TrainingRunSpec } | { readonly invalid: string };
  readonly status: TrainingRunStatus;
  /** The policy that the run names, while it exists. */
  readonly policy: QualityPolicy | undefined;
  /** The ConfigMap with the resolved spec, once it was made. */
  readonly recorded: ConfigMap | undefined;
  /** Checksum of what it holds. */
  readonly recordedDigest: string | undefined;
  readonly maxAttempts: number | undefined;
  readonly jobs: readonly Job[];
  readonly pods: readonly Pod[];
  /** What the running pod last said of its progress. */
  readonly progress: Fact<Progress | undefined> | undefined;
  readonly modelVersion: ModelVersion | undefined;
  readonly config: OperatorConfig;
  /** Ollama's prompt template for models of this release. */
  readonly template: string;
}
