import type { TrainingRun } from "../../src/api/v1alpha1/kinds.ts";
import type { TrainingAttempt } from "../../src/api/v1alpha1/trainingrun.ts";
import { seconds } from "../../src/domain/duration.ts";
import { apiVersionOf, controlledBy } from "../../src/kube/object.ts";
import { type Job, Jobs, type Service, Services } from "../../src/kube/resources.ts";
import { ATTEMPT_LABEL, MANAGED_BY, RUN_LABEL, STEP_LABEL } from "../common/labels.ts";
import { OLLAMA_URL, ollamaContainer } from "../common/ollama.ts";
import { containerSecurityContext, podSecurityContext } from "../common/security.ts";
import { storageEnv } from "../common/storage.ts";
import type { Container, PodSpec } from "../common/types.ts";
import { DECIDED, EXIT } from "./outcome.ts";
import { PARITY_CONTEXT, type ResolvedRun, snapshotName } from "./resolve.ts";

export type JobStep = "train" | "export";

/** Subcommands of the training image. */
type Command = "augment" | "rehearse" | "train" | "evaluate" | "merge" | "export";

/** A pod that a node, a full store or an eviction took: tried again by the Job, up to this often, with its own backoff. */
export const INFRASTRUCTURE_BUDGET = 6;

/** Kueue's label for the queue that a Job waits in. */
const QUEUE_LABEL = "kueue.x-k8s.io/queue-name";

/** Long enough to finish a micro-step and write a checkpoint. */
const GRACE_SECONDS = 120;

export function jobName(run: TrainingRun, step: JobStep, attempt: number): string {
  return `${run.metadata.name}-${step}-${attempt}`;
}

/** The Job that completes what is learnt from, trains one attempt and evaluates it, each in a container of one pod. */
export function trainJob(run: TrainingRun, resolved: ResolvedRun, attempt: TrainingAttempt): Job {
  const { gpus, gpuResource } = resolved.training.resources;
  const gpu = gpus === 0 ? {} : { [gpuResource]: String(gpus) };
  const { evaluation, resources } = resolved.training;
  const { nodes } = resources;
  const step = (command: Command) => trainer(resolved, command, settingsOf(attempt), gpu);
  const steps: Command[] = [
    ...preparations(resolved),
    "train",
    ...(evaluation.method === "Full" ? (["evaluate"] as const) : []),
  ];
  const made = job(run, resolved, "train", attempt.number, {
    initContainers: steps.slice(0, -1).map(step),
    containers: steps.slice(-1).map(step),
  });
  return nodes === 1 ? made : together(made, nodes, trainServiceName(run));
}

/** Several pods that train one model: each knows its index, and where to meet the first. */
function together(job: Job, nodes: number, subdomain: string): Job {
  const { spec } = job;
  const { spec: pod } = spec?.template ?? {};
  if (spec == null || pod == null) return job;
  const meeting = [
    { name: "QI_NODES", value: String(nodes) },
    { name: "MASTER_ADDR", value: `${job.metadata.name}-0.${subdomain}` },
  ];
  const met = (one: Container): Container => ({ ...one, env: [...(one.env ?? []), ...meeting] });
  const all = { initContainers: (pod.initContainers ?? []).map(met), containers: pod.containers.map(met) };
  return {
    ...job,
    spec: {
      ...spec,
      completionMode: "Indexed",
      completions: nodes,
      parallelism: nodes,
      template: { ...spec.template, spec: { ...pod, subdomain, ...all } },
    },
  };
}

function trainServiceName(run: TrainingRun): string {
  return `${run.metadata.name}-train`;
}

/** Gives the pods that train together names to meet by, also before they are ready. Undefined for a pod alone. */
export function trainService(run: TrainingRun, resolved: ResolvedRun): Service | undefined {
  if (resolved.training.resources.nodes === 1) return undefined;
  const labels = { ...MANAGED_BY, [RUN_LABEL]: run.metadata.name };
  return {
    apiVersion: apiVersionOf(Services),
    kind: Services.kind,
    metadata: {
      name: trainServiceName(run),
      ...(run.metadata.namespace === undefined ? {} : { namespace: run.metadata.namespace }),
      labels,
      ownerReferences: [controlledBy(run)],
    },
    spec: {
      clusterIP: "None",
      publishNotReadyAddresses: true,
      selector: { [RUN_LABEL]: run.metadata.name, [STEP_LABEL]: "train" },
    },
  };
}

/** Thinking that the dataset lacks, and rehearsal of what was learnt before. */
function preparations({ baseModel, thinkingRatio, training }: ResolvedRun): Command[] {
  const { method, ratio } = training.rehearsal;
  return [
    ...(thinkingRatio !== null && thinkingRatio > 0 && baseModel.thinking === "Hybrid" ? (["augment"] as const) : []),
    ...(method !== "None" && ratio > 0 ? (["rehearse"] as const) : []),
  ];
}

/** Told to every step alike: the manifest names the settings that the model was really trained with. */
function settingsOf({ number, learningRate, microBatchSize, checkpointKey }: TrainingAttempt): string[] {
  return ["--attempt", JSON.stringify({ number, learningRate, microBatchSize, checkpointKey })];
}

/**
 * The Job that merges, converts and checks. The serving Ollama runs beside the exporter as a native sidecar, started
 * first: what is published has answered in it. It needs no GPU: parity is a matter of correctness, not of speed.
 */
export function exportJob(run: TrainingRun, resolved: ResolvedRun, attempt: TrainingAttempt | undefined): Job {
  const number = attempt?.number ?? 1;
  const adapter = attempt?.adapter;
  const settings = attempt === undefined ? [] : settingsOf(attempt);
  const from = adapter === undefined ? [] : ["--adapter-uri", adapter.uri, "--adapter-sha256", adapter.sha256];
  const ollama = {
    ...ollamaContainer({
      image: resolved.images.ollama,
      pullPolicy: resolved.images.pullPolicy,
      contextLength: PARITY_CONTEXT,
      parallel: 1,
    }),
    restartPolicy: "Always",
    resources: { requests: { cpu: "100m", memory: "256Mi" } },
  };
  return job(run, resolved, "export", number, {
    initContainers: [ollama, trainer(resolved, "merge", [...settings, ...from], {})],
    containers: [trainer(resolved, "export", settings, {})],
  });
}

function trainer(
  resolved: ResolvedRun,
  command: Command,
  more: readonly string[],
  gpu: Record<string, string>,
): Container {
  const { cpu, memory } = resolved.training.resources;
  return {
    name: command,
    image: resolved.images.trainer,
    imagePullPolicy: resolved.images.pullPolicy,
    args: [command, "--config", "/etc/qi-learning/run.json", "--work", "/work", ...more],
    env: [
      ...storageEnv(resolved.storage),
      { name: "HOME", value: "/work" },
      { name: "TMPDIR", value: "/tmp" },
      { name: "QI_OLLAMA_URL", value: OLLAMA_URL },
    ],
    resources: { requests: { cpu, memory, ...gpu }, limits: { memory, ...gpu } },
    securityContext: containerSecurityContext,
    terminationMessagePolicy: "File",
    volumeMounts: [
      { name: "config", mountPath: "/etc/qi-learning", readOnly: true },
      { name: "work", mountPath: "/work" },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}

function job(
  run: TrainingRun,
  resolved: ResolvedRun,
  step: JobStep,
  attempt: number,
  containers: Pick<PodSpec, "containers" | "initContainers">,
): Job {
  const { podTemplate, queueName, activeDeadline, resources } = resolved.training;
  const labels = {
    ...MANAGED_BY,
    [RUN_LABEL]: run.metadata.name,
    [STEP_LABEL]: step,
    [ATTEMPT_LABEL]: String(attempt),
  };
  const pullSecrets = [...resolved.pullSecrets, ...podTemplate.imagePullSecrets];
  return {
    apiVersion: apiVersionOf(Jobs),
    kind: Jobs.kind,
    metadata: {
      name: jobName(run, step, attempt),
      ...(run.metadata.namespace === undefined ? {} : { namespace: run.metadata.namespace }),
      labels: { ...labels, ...(queueName === "" ? {} : { [QUEUE_LABEL]: queueName }) },
      ownerReferences: [controlledBy(run)],
    },
    spec: {
      // One pod that is lost takes those along that train with it.
      backoffLimit: INFRASTRUCTURE_BUDGET * (step === "train" ? resources.nodes : 1),
      activeDeadlineSeconds: seconds(activeDeadline),
      // Kueue lets a queued Job go; until then it must not start.
      suspend: queueName !== "",
      podReplacementPolicy: "Failed",
      podFailurePolicy: podFailurePolicy(),
      template: {
        metadata: { labels: { ...podTemplate.labels, ...labels }, annotations: podTemplate.annotations },
        spec: {
          restartPolicy: "Never",
          terminationGracePeriodSeconds: GRACE_SECONDS,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: podSecurityContext,
          nodeSelector: podTemplate.nodeSelector,
          tolerations: podTemplate.tolerations,
          ...(podTemplate.priorityClassName === "" ? {} : { priorityClassName: podTemplate.priorityClassName }),
          ...(podTemplate.runtimeClassName === "" ? {} : { runtimeClassName: podTemplate.runtimeClassName }),
          ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets }),
          volumes: [
            { name: "config", configMap: { name: snapshotName(run), items: [{ key: "run.json", path: "run.json" }] } },
            { name: "work", emptyDir: { sizeLimit: resources.workspace } },
            { name: "ollama", emptyDir: { sizeLimit: resources.workspace } },
            { name: "tmp", emptyDir: {} },
          ],
          ...containers,
        },
      },
    },
  };
}

/**
 * What the training image's exit codes mean to the Job. Decided failures end it: what comes next is the operator's
 * decision. Being told to stop is no failure. Everything else is the infrastructure's, and is tried again.
 */
function podFailurePolicy(): NonNullable<NonNullable<Job["spec"]>["podFailurePolicy"]> {
  return {
    rules: [
      { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
      { action: "Ignore", onExitCodes: { operator: "In", values: [EXIT.checkpointed] } },
      { action: "FailJob", onExitCodes: { operator: "In", values: [...DECIDED] } },
    ],
  };
}
