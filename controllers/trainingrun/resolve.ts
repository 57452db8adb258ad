import { z } from "zod";
import type { OperatorConfig } from "../../src/api/operatorconfig.ts";
import type { QualityPolicy, TrainingRun } from "../../src/api/v1alpha1/kinds.ts";
import { parameters as modelParameters } from "../../src/api/v1alpha1/modelversion.ts";
import { merged } from "../../src/api/v1alpha1/override.ts";
import { type Training, training } from "../../src/api/v1alpha1/training.ts";
import type { TrainingRunSpec } from "../../src/api/v1alpha1/trainingrun.ts";
import { canonicalJson } from "../../src/domain/identity.ts";
import { apiVersionOf, controlledBy } from "../../src/kube/object.ts";
import { type ConfigMap, ConfigMaps } from "../../src/kube/resources.ts";
import { MANAGED_BY, RUN_LABEL } from "../common/labels.ts";

/** The training image's configuration, as `trainer-image/README.md` specifies it. */
export type TrainerConfig = Readonly<Record<string, unknown>>;

/** What a run was resolved to: run over policy over defaults. Recorded once; nothing that is edited later reaches the run. */
export const resolvedRun = z.object({
  owner: z.string(),
  policy: z.string().exactOptional(),
  images: z.object({ trainer: z.string(), ollama: z.string(), pullPolicy: z.string() }),
  pullSecrets: z.array(z.object({ name: z.string() })),
  storage: z.object({ endpoint: z.string().exactOptional(), region: z.string(), credentialsSecret: z.string() }),
  baseModel: z.object({ uri: z.string(), name: z.string(), thinking: z.string() }),
  dataset: z.object({ uri: z.string(), sha256: z.string() }).nullable(),
  thinkingRatio: z.number().nullable().default(null),
  training,
  template: z.string(),
  parameters: modelParameters,
});

export type ResolvedRun = z.output<typeof resolvedRun>;

/** Thrown when a run cannot be resolved: the message is shown to its user. */
export class Unresolvable extends Error {}

export function resolve(
  run: TrainingRun,
  spec: TrainingRunSpec,
  policy: QualityPolicy | undefined,
  config: OperatorConfig,
  template: string,
): ResolvedRun {
  const base = spec.baseModel ?? policy?.spec.baseModel;
  if (base === undefined)
    throw new Unresolvable("spec.baseModel is required when spec.policyRef is absent: say which model to train");
  const defaults = training.parse({ resources: config.defaults.training.resources });
  const underlying: Training = policy === undefined ? defaults : merged<Training>(defaults, policy.spec.training);
  const { policyRef: _policy, baseModel: _base, dataset, suspend: _suspend, ...overrides } = spec;
  const name = base.name ?? policy?.spec.baseModel.name ?? lastSegment(base.uri);
  return {
    owner: policy?.metadata.name ?? run.metadata.name,
    ...(policy === undefined ? {} : { policy: policy.metadata.name }),
    images: {
      trainer: config.images.trainer,
      ollama: policy?.spec.serving.image ?? config.images.ollama,
      pullPolicy: config.images.pullPolicy,
    },
    pullSecrets: config.images.pullSecrets,
    storage: config.storage,
    baseModel: { uri: base.uri, name, thinking: base.thinking ?? "Hybrid" },
    dataset: dataset ?? null,
    thinkingRatio: policy?.spec.dataset.thinkingRatio ?? null,
    training: merged<Training>(underlying, overrides),
    template,
    parameters: {},
  };
}

function lastSegment(uri: string): string {
  return uri.replace(/\/+$/, "").split("/").at(-1) || "model";
}

/** What the trainer reads, made from what was resolved. */
export function trainerConfig(run: TrainingRun, resolved: ResolvedRun, storageUri: string): TrainerConfig {
  const { lora, optimization, rehearsal, gradientMask, evaluation, export: exported } = resolved.training;
  const { method: _method, ...evaluated } = evaluation;
  return {
    run: { namespace: run.metadata.namespace, name: run.metadata.name, uid: run.metadata.uid },
    storage: { uri: storageUri },
    baseModel: resolved.baseModel,
    dataset: resolved.dataset,
    thinkingRatio: resolved.thinkingRatio,
    lora,
    optimization,
    rehearsal,
    gradientMask,
    evaluation: evaluated,
    export: exported,
    serving: { template: resolved.template, parameters: resolved.parameters, contextLength: PARITY_CONTEXT },
  };
}

/** Context of the Ollama that checks an export: its prompts are short, and a long context would only cost memory. */
export const PARITY_CONTEXT = 2048;

export function snapshotName(run: TrainingRun): string {
  return `${run.metadata.name}-spec`;
}

export function snapshotConfigMap(run: TrainingRun, resolved: ResolvedRun, storageUri: string): ConfigMap {
  return {
    apiVersion: apiVersionOf(ConfigMaps),
    kind: ConfigMaps.kind,
    metadata: {
      name: snapshotName(run),
      ...(run.metadata.namespace === undefined ? {} : { namespace: run.metadata.namespace }),
      labels: { ...MANAGED_BY, [RUN_LABEL]: run.metadata.name },
      ownerReferences: [controlledBy(run)],
    },
    immutable: true,
    data: {
      "resolved.json": canonicalJson(resolved),
      "run.json": canonicalJson(trainerConfig(run, resolved, storageUri)),
    },
  };
}

/** The resolved spec as it was recorded. */
export function readBack(recorded: ConfigMap | undefined): ResolvedRun {
  return resolvedRun.parse(JSON.parse(recorded?.data?.["resolved.json"] ?? "null"));
}
