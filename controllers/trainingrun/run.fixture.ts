import { type TrainingRunStatus, trainingRunStatus } from "../../src/api/v1alpha1/trainingrun.ts";
import type { KubeObject } from "../../src/kube/object.ts";
import { type ConfigMap, type Job, Jobs, type Pod } from "../../src/kube/resources.ts";
import type { Fact } from "../../src/runtime/plan.ts";
import {
  cached,
  config,
  created,
  facts,
  NAMESPACE,
  NOW,
  policy,
  run,
  TEMPLATE,
  unknown,
} from "../common/objects.fixture.ts";
import { type JobStep, jobName } from "./jobs.ts";
import { observe } from "./observe.ts";
import type { RunPlan } from "./parts.ts";
import { plan } from "./plan.ts";
import type { Progress } from "./progress.ts";
import { resolve, snapshotConfigMap } from "./resolve.ts";

interface Moment {
  readonly now?: number;
  readonly progress?: Fact<Progress | undefined>;
  readonly allowedUris?: string[];
}

/** What is planned for the first of these objects, a run, in a world that holds the others too. */
export function planFor(objects: readonly KubeObject[], moment: Moment = {}): RunPlan {
  const [subject] = objects;
  if (subject === undefined) throw new Error("no run to plan for");
  const sources = {
    config: config(moment.allowedUris === undefined ? {} : { allowedUris: moment.allowedUris }),
    template: TEMPLATE,
    progress: facts(moment.progress ?? unknown),
  };
  const snapshot = observe({ namespace: NAMESPACE, name: subject.metadata.name }, cached(...objects), sources);
  if (snapshot === undefined) throw new Error("the run was not found");
  const planned = plan(snapshot, moment.now ?? NOW);
  // Whatever is planned, the API server must take it.
  for (const status of [planned.status, planned.record]) if (status !== undefined) trainingRunStatus.parse(status);
  return planned;
}

/** The run once its spec is recorded: the run, its policy, its snapshot. */
export function recorded(subject = run(), policyOf = policy()): [typeof subject, KubeObject, ConfigMap] {
  const named = subject.spec.policyRef === undefined ? undefined : policyOf;
  const resolved = resolve(subject, subject.spec, named, config(), TEMPLATE);
  return [subject, policyOf, created(snapshotConfigMap(subject, resolved, "s3://learning"))];
}

type Attempt = NonNullable<TrainingRunStatus["attempts"]>[number];

export function attempt(number = 1, changes: Partial<Attempt> = {}): Attempt {
  const settings = { learningRate: 2e-4, microBatchSize: 4, checkpointKey: `attempt-${number}` };
  return { number, ...settings, startTime: "2026-11-22T13:30:00Z", ...changes };
}

export const adapter = { uri: `s3://learning/adapters/${"a".repeat(64)}`, sha256: "a".repeat(64) };
export const artifact = {
  uri: `s3://learning/models/${"9".repeat(64)}`,
  sha256: "9".repeat(64),
  size: 1234,
  quantization: "Q8_0",
};

/** A Job of the run, with what the Job controller says of it. */
export function job(step: JobStep, number: number, state: "Active" | "Complete" | string = "Active", more = {}): Job {
  const name = jobName(run(), step, number);
  const at = { lastTransitionTime: "2026-11-22T13:59:00Z", lastProbeTime: "2026-11-22T13:59:00Z" };
  const conditions =
    state === "Active"
      ? []
      : state === "Complete"
        ? [{ type: "Complete", status: "True", ...at }]
        : [{ type: "Failed", status: "True", reason: state, message: `Job failed: ${state}`, ...at }];
  const completed = state === "Complete" ? { completionTime: "2026-11-22T13:59:00Z" } : {};
  const owner = {
    apiVersion: run().apiVersion,
    kind: "TrainingRun",
    name: run().metadata.name,
    uid: run().metadata.uid,
  };
  return {
    apiVersion: "batch/v1",
    kind: Jobs.kind,
    metadata: { name, namespace: NAMESPACE, uid: `uid-of-${name}`, ownerReferences: [{ ...owner, controller: true }] },
    spec: { suspend: false },
    status: { conditions, ...completed },
    ...more,
  } as unknown as Job;
}

/** A pod of a Job, with the status that matters. */
export function pod(of: Job, status: object, name = `${of.metadata.name}-abcde`): Pod {
  const step = of.metadata.name.includes("-export-") ? "export" : "train";
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: NAMESPACE,
      uid: `uid-of-${name}`,
      creationTimestamp: "2026-11-22T13:40:00Z",
      labels: { "learning.qi.dev/run": run().metadata.name, "learning.qi.dev/step": step },
      ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", name: of.metadata.name, uid: of.metadata.uid }],
    },
    status,
  } as unknown as Pod;
}

export function runningPod(of: Job): Pod {
  const name = of.metadata.name.includes("-export-") ? "export" : "train";
  return pod(of, { phase: "Running", containerStatuses: [{ name, state: { running: {} } }] });
}

type At = "done" | "running" | "waiting";

/** A pod whose containers run one after the other: to Kubernetes it is Pending until the last of them runs. */
export function podAt(of: Job, at: Readonly<Record<string, At>>): Pod {
  const states = {
    done: { terminated: { exitCode: 0, finishedAt: "2026-11-22T13:59:00Z", message: "{}" } },
    running: { running: {} },
    waiting: { waiting: { reason: "PodInitializing" } },
  };
  const statuses = Object.entries(at).map(([name, state]) => ({ name, state: states[state] }));
  const last = Object.values(at).at(-1);
  return pod(of, {
    phase: last === "done" ? "Succeeded" : last === "running" ? "Running" : "Pending",
    conditions: [{ type: "PodScheduled", status: "True" }],
    initContainerStatuses: statuses.slice(0, -1),
    containerStatuses: statuses.slice(-1),
  });
}

/** A pod that ended, as the kubelet tells it: exit code and termination message. */
export function endedPod(
  of: Job,
  exitCode: number,
  said?: object | string,
  more: { reason?: string; at?: string } = {},
): Pod {
  const name = of.metadata.name.includes("-export-") ? "export" : "train";
  const message = said === undefined ? {} : { message: typeof said === "string" ? said : JSON.stringify(said) };
  const finishedAt = more.at ?? "2026-11-22T13:58:00Z";
  const terminated = {
    exitCode,
    finishedAt,
    reason: more.reason ?? (exitCode === 0 ? "Completed" : "Error"),
    ...message,
  };
  return pod(
    of,
    { phase: exitCode === 0 ? "Succeeded" : "Failed", containerStatuses: [{ name, state: { terminated } }] },
    `${of.metadata.name}-${exitCode}`,
  );
}

/** The columns that `kubectl get tr` prints between NAME and AGE. */
export function columns({ status, record }: RunPlan): string {
  const { phase, step, display } = status ?? record ?? {};
  if (display === undefined) throw new Error("the plan has no status to print");
  return [phase, step, display.progress, display.attempt, display.loss, display.reason, display.expected].join(" ");
}
