import { API_VERSION } from "../../src/api/v1alpha1/common.ts";
import { type ModelVersion, ModelVersions, type TrainingRun } from "../../src/api/v1alpha1/kinds.ts";
import type { TrainingRunStatus } from "../../src/api/v1alpha1/trainingrun.ts";
import { identityDigest, modelVersionName } from "../../src/domain/identity.ts";
import { IDENTITY_ANNOTATION } from "../../src/runtime/identity.ts";
import { MANAGED_BY, POLICY_LABEL } from "../common/labels.ts";
import type { ResolvedRun } from "./resolve.ts";

type Artifact = NonNullable<TrainingRunStatus["artifact"]>;

/** The ModelVersion that a run's artifact becomes. No owner reference: a run that goes away takes no model with it. */
export function versionOf(
  run: TrainingRun,
  resolved: ResolvedRun,
  { uri, sha256, size, quantization }: Artifact,
  adapter: { readonly sha256: string } | undefined,
): ModelVersion {
  const identity = { sha256, template: resolved.template, parameters: resolved.parameters };
  return {
    apiVersion: API_VERSION,
    kind: ModelVersions.kind,
    metadata: {
      name: modelVersionName(resolved.owner, identity),
      ...(run.metadata.namespace === undefined ? {} : { namespace: run.metadata.namespace }),
      labels: { ...MANAGED_BY, ...(resolved.policy === undefined ? {} : { [POLICY_LABEL]: resolved.policy }) },
      annotations: { [IDENTITY_ANNOTATION]: identityDigest(identity) },
    },
    spec: {
      ...(resolved.policy === undefined ? {} : { policyRef: { name: resolved.policy } }),
      artifact: {
        uri,
        sha256,
        size,
        format: "GGUF",
        quantization,
        template: resolved.template,
        parameters: resolved.parameters,
      },
      lineage: {
        baseModel: resolved.baseModel.name,
        trainingRun: run.metadata.name,
        ...(resolved.dataset === null ? {} : { dataset: resolved.dataset.sha256 }),
        ...(adapter === undefined ? {} : { adapter: adapter.sha256 }),
      },
    },
  };
}

/** The identity of a version as its spec states it, whatever its annotations say. */
export function digestOf({ spec }: ModelVersion): string {
  const { sha256, template, parameters } = spec.artifact;
  return identityDigest({ sha256, template: template ?? "", parameters: parameters ?? {} });
}
