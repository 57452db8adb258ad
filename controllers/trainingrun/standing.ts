import type { TrainingRunStatus } from "../../src/api/v1alpha1/trainingrun.ts";
import { waitingReason } from "../../src/domain/waiting.ts";
import type { Job, Pod } from "../../src/kube/resources.ts";
import type { Instant } from "../../src/runtime/plan.ts";
import { alive, indexOf, inOrder, type Work, workOf } from "./containers.ts";
import { type Ending, EXIT, newestEnding, podsOf } from "./outcome.ts";
import type { ResolvedRun } from "./resolve.ts";
import type { RunSnapshot } from "./snapshot.ts";
import type { Standing } from "./status.ts";

type Step = "Training" | "Exporting";

/**
 * Where a run stands whose Job is active: as its pods, the scheduler and the trainer's log say. Pods that train together
 * wait for each other, and the first of them tells how far they are.
 */
export function standingOfJob(
  snapshot: RunSnapshot,
  resolved: ResolvedRun,
  job: Job,
  step: Step,
  now: Instant,
): Standing {
  const pods = podsOf(snapshot, job);
  const live = alive(inOrder(pods));
  const [first] = live;
  if (first === undefined) {
    const done = inOrder(pods).filter(({ status }) => status?.phase === "Succeeded");
    const all = new Set(done.map(indexOf)).size >= (job.spec?.completions ?? 1);
    const [told] = done;
    if (told === undefined || !all || job.spec?.suspend === true)
      return withoutPod(job, newestEnding(pods), resolved, step, now);
    return {
      phase: "Running",
      step: workOf(told)?.step ?? step,
      reason: adjustment(snapshot, step),
      message: `Pod ${told.metadata.name} is done.`,
      progress: { percent: 100 },
    };
  }
  for (const pod of live) {
    const work = workOf(pod);
    const why = waitingReason(pod, resolved.training.resources.gpuResource);
    // Between two containers the pod is Pending to Kubernetes, but at work.
    if (why !== undefined && (work === undefined || (!work.isRunning && why.reason !== "Starting")))
      return { phase: "Waiting", step: work?.step ?? step, ...why, nextAttempt: now + RETRY };
  }
  const work = workOf(first);
  return {
    phase: "Running",
    step: work?.step ?? step,
    reason: adjustment(snapshot, step),
    ...progressOf(snapshot, first, work, now),
  };
}

/** How far the run is, and what its message says of it. */
function progressOf(
  { progress, status }: RunSnapshot,
  pod: Pod,
  work: Work | undefined,
  now: Instant,
): Pick<Standing, "message" | "progress"> {
  const { step, done = 0, parts = 1 } = work ?? {};
  const isSame = status.phase === "Running" && step !== undefined && status.step === step;
  // Not asking for a moment, since the operator was restarted, is no news about a run; nor is a container that is done.
  const isBeingAsked =
    work?.isRunning === false || (progress !== undefined && "unknown" in progress && now - progress.since < PATIENCE);
  if (isBeingAsked && isSame && status.progressPercent !== undefined)
    return { message: status.message ?? "", progress: heldProgress(status) };
  const known = progress !== undefined && "known" in progress ? progress.known : undefined;
  const percent = Math.floor((100 * done + (known?.percent ?? 0)) / parts);
  return {
    message: known === undefined ? `Pod ${pod.metadata.name} is running.` : `${known.step}: ${known.percent}%.`,
    progress: {
      ...(known === undefined && done === 0 ? {} : { percent }),
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
