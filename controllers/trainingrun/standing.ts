import type { TrainingRunStatus } from "../../src/api/v1alpha1/trainingrun.ts";
import { waitingReason } from "../../src/domain/waiting.ts";
import type { Job, Pod } from "../../src/kube/resources.ts";
import type { Instant } from "../../src/runtime/plan.ts";
import { type Ending, EXIT, newestEnding, OTHERS, podsOf } from "./outcome.ts";
import type { ResolvedRun } from "./resolve.ts";
import type { RunSnapshot } from "./snapshot.ts";
import type { Standing } from "./status.ts";

type Step = "Training" | "Exporting";
type ShownStep = NonNullable<Standing["step"]>;

/** What a run's STEP column says while a Job's log tells of another: completing data comes before, evaluating after. */
const SHOWN = new Map<string, ShownStep>([
  ["Preparing", "Preparing"],
  ["Evaluating", "Evaluating"],
]);

/** Steps that the pods of a Job go through. */
const WITHIN: Readonly<Record<Step, readonly ShownStep[]>> = {
  Training: ["Preparing", "Training", "Evaluating"],
  Exporting: ["Exporting"],
};

/** Where a run stands whose Job is active: as its pods, the scheduler and the trainer's log say. */
export function standingOfJob(
  snapshot: RunSnapshot,
  resolved: ResolvedRun,
  job: Job,
  step: Step,
  now: Instant,
): Standing {
  const pods = podsOf(snapshot, job);
  const live = pods.filter((pod) => pod.status?.phase === "Pending" || pod.status?.phase === "Running");
  const newest = live.sort((a, b) =>
    (a.metadata.creationTimestamp ?? "") < (b.metadata.creationTimestamp ?? "") ? 1 : -1,
  )[0];
  if (newest === undefined) return withoutPod(job, newestEnding(pods), resolved, step, now);
  if (newest.status?.phase === "Pending" && !initializing(newest)) {
    const why = waitingReason(newest, resolved.training.resources.gpuResource);
    if (why !== undefined) return { phase: "Waiting", step, ...why, nextAttempt: now + RETRY };
  }
  const { progress, status } = snapshot;
  // Not asking for a moment, since the operator was restarted, is no news about a run.
  const isBeingAsked = progress !== undefined && "unknown" in progress && now - progress.since < PATIENCE;
  const shown = status.step !== undefined && WITHIN[step].includes(status.step) ? status.step : undefined;
  if (isBeingAsked && status.phase === "Running" && shown !== undefined && status.progressPercent !== undefined)
    return {
      phase: "Running",
      step: shown,
      reason: adjustment(snapshot, step),
      message: status.message ?? "",
      progress: heldProgress(status),
    };
  const known = progress !== undefined && "known" in progress ? progress.known : undefined;
  return {
    phase: "Running",
    step: SHOWN.get(known?.step ?? "") ?? step,
    reason: adjustment(snapshot, step),
    message: known === undefined ? `Pod ${newest.metadata.name} is running.` : `${known.step}: ${known.percent}%.`,
    progress: {
      ...(known === undefined ? {} : { percent: known.percent }),
      ...(known?.loss === undefined ? {} : { loss: known.loss }),
      ...(known?.expectedTime === undefined ? {} : { expectedTime: known.expectedTime }),
    },
  };
}

/** How long what a log said last is held to be so while it is not known what it says now. */
const PATIENCE = 30_000;

function heldProgress({ progressPercent, expectedTime }: TrainingRunStatus): NonNullable<Standing["progress"]> {
  return {
    ...(progressPercent === undefined ? {} : { percent: progressPercent }),
    ...(expectedTime === undefined ? {} : { expectedTime }),
  };
}

/** Schedulers and kubelets look again by themselves; this is about how often. */
const RETRY = 60_000;

/** Some steps run as init containers: the pod is Pending to Kubernetes, but at work. */
function initializing(pod: Pod): boolean {
  return (pod.status?.initContainerStatuses ?? []).some(
    ({ name, state }) => !OTHERS.has(name) && state?.running !== undefined,
  );
}

function adjustment(snapshot: RunSnapshot, step: Step): string {
  const change = snapshot.status.attempts?.at(-1)?.change;
  if (change === undefined || step !== "Training") return "Running";
  return change.startsWith("learningRate") ? "AdjustedLR" : "AdjustedMicroBatch";
}

function withoutPod(job: Job, last: Ending | undefined, resolved: ResolvedRun, step: Step, now: Instant): Standing {
  if (job.spec?.suspend === true && resolved.training.queueName !== "")
    return {
      phase: "Waiting",
      step,
      reason: "Queued",
      message: `The Job waits in queue ${resolved.training.queueName}.`,
      nextAttempt: now + RETRY,
    };
  if (last === undefined || last.exitCode === 0)
    return {
      phase: "Waiting",
      step,
      reason: "Starting",
      message: `Job ${job.metadata.name} is about to start its pod.`,
      nextAttempt: now + RETRY,
    };
  const again = `It is tried again (${job.status?.failed ?? 0} pods failed so far), and goes on from its last checkpoint.`;
  return {
    phase: "Waiting",
    step,
    reason: last.exitCode === EXIT.checkpointed ? "Resuming" : infrastructureReason(last),
    message: `${last.said.message || `The pod ended with exit code ${last.exitCode}.`} ${again}`,
    nextAttempt: now + RETRY,
  };
}

function infrastructureReason(last: Ending): string {
  if (last.exitCode === EXIT.storage) return last.said.reason;
  return last.said.reason === "OOMKilled" ? "OutOfNodeMemory" : "PodFailed";
}
