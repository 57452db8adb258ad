import type { ModelVersion } from "../../src/api/v1alpha1/kinds.ts";
import type { ModelVersionSpec } from "../../src/api/v1alpha1/modelversion.ts";
import { merged } from "../../src/api/v1alpha1/override.ts";
import { type Serving, serving } from "../../src/api/v1alpha1/serving.ts";
import { canonicalJson } from "../../src/domain/identity.ts";
import { apiVersionOf, controlledBy } from "../../src/kube/object.ts";
import {
  type ConfigMap,
  ConfigMaps,
  type Deployment,
  Deployments,
  type Service,
  Services,
} from "../../src/kube/resources.ts";
import { MANAGED_BY, VERSION_LABEL } from "../common/labels.ts";
import { OLLAMA_FOLDER, OLLAMA_MODELS, OLLAMA_URL, ollamaContainer } from "../common/ollama.ts";
import { containerSecurityContext, podSecurityContext } from "../common/security.ts";
import { storageEnv } from "../common/storage.ts";
import type { Container, PodTemplate } from "../common/types.ts";
import type { VersionSnapshot } from "./snapshot.ts";

/** The sidecar's port in the pod, and Ollama's own number outside, which Ollama's clients expect. */
export const SIDECAR_PORT = 8080;
export const SERVICE_PORT = 11434;

/** How long a pod that is to go may take to end its answers. */
const DRAIN_SECONDS = 300;

/** What the objects of a version are made from, frozen when it is created: an operator upgrade restarts no model. */
export interface Frozen {
  readonly replicas: number;
  readonly podTemplate: PodTemplate;
}

export function frozenName(version: ModelVersion): string {
  return `${version.metadata.name}-serving`;
}

/** Freezes what the version's pods are: this release's pod template, this moment's policy. Create-only. */
export function frozenConfigMap(snapshot: VersionSnapshot, spec: ModelVersionSpec): ConfigMap {
  const { version, policy, config } = snapshot;
  const defaults = serving.parse({ image: config.images.ollama, resources: config.defaults.serving.resources });
  const served = policy === undefined ? defaults : merged<Serving>(defaults, policy.spec.serving);
  const frozen: Frozen = { replicas: served.replicas, podTemplate: podTemplate(snapshot, served) };
  return {
    apiVersion: apiVersionOf(ConfigMaps),
    kind: ConfigMaps.kind,
    metadata: { ...child(version), name: frozenName(version) },
    immutable: true,
    data: {
      "frozen.json": canonicalJson(frozen),
      "sidecar.json": canonicalJson(sidecarConfig(snapshot, spec, served)),
    },
  };
}

export function readFrozen(map: ConfigMap): Frozen {
  return JSON.parse(map.data?.["frozen.json"] ?? "null") as Frozen;
}

export function deployment(version: ModelVersion, frozen: Frozen, replicas: number): Deployment {
  return {
    apiVersion: apiVersionOf(Deployments),
    kind: Deployments.kind,
    metadata: { ...child(version), name: version.metadata.name },
    spec: {
      replicas,
      selector: { matchLabels: { [VERSION_LABEL]: version.metadata.name } },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      progressDeadlineSeconds: 3600,
      template: frozen.podTemplate,
    },
  };
}

export function service(version: ModelVersion): Service {
  return {
    apiVersion: apiVersionOf(Services),
    kind: Services.kind,
    metadata: { ...child(version), name: version.metadata.name },
    spec: {
      selector: { [VERSION_LABEL]: version.metadata.name },
      ports: [{ name: "http", port: SERVICE_PORT, targetPort: SIDECAR_PORT, protocol: "TCP" }],
    },
  };
}

function child(version: ModelVersion) {
  const { name, namespace } = version.metadata;
  return {
    ...(namespace === undefined ? {} : { namespace }),
    labels: { ...MANAGED_BY, [VERSION_LABEL]: name },
    ownerReferences: [controlledBy(version)],
  };
}

/** The sidecar's configuration, as src/sidecar/config.ts reads it. */
function sidecarConfig(
  { version, policy, template }: VersionSnapshot,
  spec: ModelVersionSpec,
  served: Serving,
): object {
  const { name, namespace = "", uid = "" } = version.metadata;
  const { artifact } = spec;
  return {
    modelVersion: { namespace, name, uid },
    model: name,
    aliases: policy === undefined ? [] : [policy.spec.servedModel],
    artifact: { ...artifact, template: artifact.template ?? template, parameters: artifact.parameters ?? {} },
    contextLength: served.contextLength,
    parallel: served.parallel,
    ollamaUrl: OLLAMA_URL,
    modelsDir: OLLAMA_MODELS,
    workDir: "/work",
    listen: { host: "0.0.0.0", port: SIDECAR_PORT },
    drainSeconds: DRAIN_SECONDS,
  };
}

function podTemplate(snapshot: VersionSnapshot, served: Serving): PodTemplate {
  const { version, config } = snapshot;
  const pullSecrets = config.images.pullSecrets;
  return {
    metadata: { labels: { ...MANAGED_BY, [VERSION_LABEL]: version.metadata.name } },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: podSecurityContext,
      terminationGracePeriodSeconds: DRAIN_SECONDS + 30,
      ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets }),
      volumes: [
        {
          name: "config",
          configMap: { name: frozenName(version), items: [{ key: "sidecar.json", path: "sidecar.json" }] },
        },
        { name: "ollama", emptyDir: { sizeLimit: served.resources.cache } },
        { name: "work", emptyDir: { sizeLimit: served.resources.cache } },
        { name: "tmp", emptyDir: {} },
      ],
      initContainers: [sidecar(snapshot)],
      containers: [ollama(snapshot, served)],
    },
  };
}

/** A native sidecar: it starts before Ollama and ends after it. Readiness only: a startup probe would wait for ever. */
function sidecar({ config }: VersionSnapshot): Container {
  return {
    name: "sidecar",
    image: config.images.sidecar,
    imagePullPolicy: config.images.pullPolicy,
    restartPolicy: "Always",
    args: ["sidecar", "--config", "/etc/qi-learning/sidecar.json"],
    env: storageEnv(config.storage),
    ports: [{ name: "http", containerPort: SIDECAR_PORT, protocol: "TCP" }],
    readinessProbe: {
      httpGet: { path: "/ready", port: SIDECAR_PORT },
      periodSeconds: 2,
      timeoutSeconds: 2,
      failureThreshold: 1,
    },
    resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "384Mi" } },
    securityContext: containerSecurityContext,
    volumeMounts: [
      { name: "config", mountPath: "/etc/qi-learning", readOnly: true },
      { name: "ollama", mountPath: OLLAMA_FOLDER, readOnly: true },
      { name: "work", mountPath: "/work" },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}

function ollama({ config }: VersionSnapshot, served: Serving): Container {
  const { cpu, memory, gpus, gpuResource } = served.resources;
  const gpu = gpus === 0 ? {} : { [gpuResource]: String(gpus) };
  return {
    ...ollamaContainer({
      image: served.image,
      pullPolicy: config.images.pullPolicy,
      contextLength: served.contextLength,
      parallel: served.parallel,
    }),
    // Ollama cuts streams on SIGTERM: it gets the signal only when the sidecar has no request left in flight.
    lifecycle: { preStop: { httpGet: { path: `/drain?seconds=${DRAIN_SECONDS}`, port: SIDECAR_PORT } } },
    resources: { requests: { cpu, memory, ...gpu }, limits: { memory, ...gpu } },
  };
}
