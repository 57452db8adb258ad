import type { ModelVersion, QualityPolicy, TrainingRun } from "../../src/api/v1alpha1/kinds.ts";
import type { QualityPolicySpec, QualityPolicyStatus } from "../../src/api/v1alpha1/qualitypolicy.ts";
import type { PushState } from "./push.ts";

/** All that a decision about a policy is made from. */
export interface PolicySnapshot {
  readonly policy: QualityPolicy;
  readonly spec: { readonly valid: QualityPolicySpec } | { readonly invalid: string };
  readonly status: QualityPolicyStatus;
  /** The older policy that serves under the same name, if there is one. */
  readonly holder: QualityPolicy | undefined;
  /** Runs and versions that name this policy. */
  readonly runs: readonly TrainingRun[];
  readonly versions: readonly ModelVersion[];
  /** How telling the data plane of the policies goes; undefined: this installation has none. */
  readonly dataPlane: PushState | undefined;
}
