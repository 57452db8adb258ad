import type { OperatorConfig } from "../../src/api/operatorconfig.ts";
import type { ModelVersion, QualityPolicy } from "../../src/api/v1alpha1/kinds.ts";
import type { ModelVersionSpec, ModelVersionStatus } from "../../src/api/v1alpha1/modelversion.ts";
import type { SidecarStatus } from "../../src/clients/sidecar.ts";
import type { ConfigMap, Deployment, Pod } from "../../src/kube/resources.ts";
import type { Fact } from "../../src/runtime/plan.ts";

/** A pod of the version, and what its sidecar last said. */
export interface ServingPod {
  readonly pod: Pod;
  /** Undefined while the pod has no address to ask. */
  readonly sidecar: Fact<SidecarStatus> | undefined;
}

/** All that a decision about a version is made from. */
export interface VersionSnapshot {
  readonly version: ModelVersion;
  readonly spec: { readonly valid: ModelVersionSpec } | { readonly invalid: string };
  readonly status: ModelVersionStatus;
  readonly policy: QualityPolicy | undefined;
  /** The ConfigMap with what was frozen at creation, once it was made. */
  readonly frozen: ConfigMap | undefined;
  readonly deployment: Deployment | undefined;
  readonly pods: readonly ServingPod[];
  readonly config: OperatorConfig;
  /** Ollama's prompt template where the version names none. */
  readonly template: string;
}
