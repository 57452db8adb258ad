import { type OperatorConfig, operatorConfig } from "../../src/api/operatorconfig.ts";
import { API_VERSION } from "../../src/api/v1alpha1/common.ts";
import {
  type ModelVersion,
  ModelVersions,
  QualityPolicies,
  type QualityPolicy,
  type TrainingRun,
  TrainingRuns,
} from "../../src/api/v1alpha1/kinds.ts";
import { qualityPolicySpec } from "../../src/api/v1alpha1/qualitypolicy.ts";
import type { Cache } from "../../src/kube/cache.ts";
import type { KubeObject, ObjectMeta } from "../../src/kube/object.ts";
import { ConfigMaps, Deployments, Jobs, Pods, Services } from "../../src/kube/resources.ts";
import type { Facts } from "../../src/runtime/facts.ts";
import type { Fact } from "../../src/runtime/plan.ts";
import { cacheOf } from "../../src/testing/cache.ts";

export const NAMESPACE = "learning";
export const NOW = Date.UTC(2026, 10, 22, 14, 0, 5);
export const TEMPLATE = "{{ .Prompt }}";
export const sha = (digit: string) => digit.repeat(64);

/** Any part of an object, at every depth; null where an older, looser CRD let anything in. */
type Spec = Readonly<Record<string, unknown>>;

export function config(changes: { image?: string; allowedUris?: string[] } = {}): OperatorConfig {
  return operatorConfig.parse({
    images: { trainer: changes.image ?? "trainer:1", sidecar: changes.image ?? "qi-learning:1" },
    storage: {
      uri: "s3://learning",
      endpoint: "http://s3:9000",
      credentialsSecret: "store",
      allowedUris: changes.allowedUris ?? ["s3://models"],
    },
    defaults: { training: { resources: { memory: "8Gi" } }, serving: { resources: { memory: "4Gi" } } },
  });
}

/** As the API server stores it: what was left out has its default. */
export function policy(spec: Spec = {}, metadata: Partial<ObjectMeta> = {}, status?: Spec): QualityPolicy {
  const given = { baseModel: { uri: "s3://models/qwen3-8b", name: "qwen3-8b" }, servedModel: "qi-coder", ...spec };
  return object(QualityPolicies.kind, "coder", qualityPolicySpec.parse(given), metadata, status);
}

/** One that an older CRD let in, stored as it was written. */
export function loosePolicy(spec: Spec): QualityPolicy {
  return object(QualityPolicies.kind, "coder", { ...policy().spec, ...spec }, {}, undefined);
}

export function run(spec: Spec = {}, metadata: Partial<ObjectMeta> = {}, status?: Spec): TrainingRun {
  const given = { policyRef: { name: "coder" }, dataset: { uri: "s3://learning/datasets/d", sha256: sha("d") } };
  return object(TrainingRuns.kind, "coder-x7k2p", { ...given, ...spec }, metadata, status);
}

/** Without a dataset: it exports its base model. */
export function baselineRun(metadata: Partial<ObjectMeta> = {}, status?: Spec): TrainingRun {
  return object(TrainingRuns.kind, "coder-baseline", { policyRef: { name: "coder" } }, metadata, status);
}

export function version(spec: Spec = {}, metadata: Partial<ObjectMeta> = {}, status?: Spec): ModelVersion {
  const artifact = { uri: "s3://learning/models/9c", sha256: sha("9"), format: "GGUF", quantization: "Q8_0" };
  const given = { policyRef: { name: "coder" }, artifact, ...spec };
  return object(ModelVersions.kind, "coder-9c41d7aa", given, metadata, status);
}

function object<T extends KubeObject>(
  kind: string,
  name: string,
  spec: unknown,
  metadata: Partial<ObjectMeta>,
  status: unknown,
): T {
  const meta = { name, namespace: NAMESPACE, uid: `uid-of-${metadata.name ?? name}`, generation: 1, ...metadata };
  const creationTimestamp = "2026-11-22T13:00:00Z";
  // As it travels: what is undefined is not there.
  return JSON.parse(
    JSON.stringify({ apiVersion: API_VERSION, kind, metadata: { creationTimestamp, ...meta }, spec, status }),
  ) as T;
}

/** What an API server adds to an object that is created. */
export function created<T extends KubeObject>(planned: T): T {
  const uid = `uid-of-${planned.metadata.name}`;
  return { ...planned, metadata: { uid, creationTimestamp: "2026-11-22T13:30:00Z", ...planned.metadata } };
}

/** A synced cache of these objects, for `observe`. */
export function cached(...objects: readonly KubeObject[]): Cache {
  const kinds = [QualityPolicies, TrainingRuns, ModelVersions, ConfigMaps, Jobs, Pods, Deployments, Services];
  return cacheOf(
    objects,
    kinds.map((resource) => ({ resource })),
  );
}

/** Facts that always say the same, or that say it of certain keys only. */
export function facts<T>(say: Fact<T> | ((key: string) => Fact<T>)): Facts<T> {
  return { want: (key: string) => (typeof say === "function" ? say(key) : say) } as unknown as Facts<T>;
}

export const known = <T>(value: T): Fact<T> => ({ known: value, at: NOW });
export const unknown: Fact<never> = { unknown: "not asked yet", since: NOW };
