import type { TrainingAttempt } from "../../src/api/v1alpha1/trainingrun.ts";
import { adjusted, type TrainingFailure } from "../../src/domain/hyperparameters.ts";
import type { Job } from "../../src/kube/resources.ts";
import { rfc3339 } from "../../src/runtime/conditions.ts";
import type { Instant } from "../../src/runtime/plan.ts";
import { following, jobGaveUp, lostPod, unheard, unreadable } from "./job-parts.ts";
import { jobName, trainJob, trainService } from "./jobs.ts";
import { decidedEnding, doneEnding, type Ending, EXIT, jobState, newestEnding, podsOf } from "./outcome.ts";
import { failed, normal, type Part, type Resolved, record, standing } from "./parts.ts";
import { datasetOf, evaluationOf } from "./reported.ts";
import type { RunSnapshot } from "./snapshot.ts";

/** An attempt is recorded before its Job exists, so that no crash starts it twice or with other settings. */
export function startingAttempt({ snapshot, resolved, now }: Resolved): Part | undefined {
  const attempts = snapshot.status.attempts ?? [];
  if (resolved.dataset === null || attempts.length > 0) return undefined;
  const { learningRate, microBatchSize } = resolved.training.optimization;
  const first: TrainingAttempt = {
    number: 1,
    learningRate,
    microBatchSize,
    checkpointKey: "attempt-1",
    startTime: rfc3339(now),
  };
  return record(snapshot, now, { attempts: [first] }, "attempt 1 is decided");
}

/** Follows the current attempt's Job until it has trained, or decides what its failure means. */
export function training(at: Resolved): Part | undefined {
  const { snapshot, resolved, now } = at;
  const attempt = snapshot.status.attempts?.at(-1);
  if (attempt === undefined || attempt.adapter !== undefined) return undefined;
  const name = jobName(snapshot.run, "train", attempt.number);
  const job = snapshot.jobs.find((candidate) => candidate.metadata.name === name);
  if (job === undefined)
    return {
      ...standing(snapshot, now, {
        phase: "Waiting",
        step: "Training",
        reason: "Starting",
        message: `Job ${name} is being created.`,
      }),
      create: [
        ...[trainService(snapshot.run, resolved)].filter((service) => service !== undefined),
        trainJob(snapshot.run, resolved, attempt),
      ],
      events: [
        normal(
          "TrainingStarted",
          `Attempt ${attempt.number}: learning rate ${attempt.learningRate}, micro-batch ${attempt.microBatchSize}.`,
        ),
      ],
      why: [`starting Job ${name}`],
    };
  const state = jobState(job);
  const ending = newestEnding(podsOf(snapshot, job));
  if (state === "Active") return following(at, job, "Training");
  if (state === "Complete") return trained(at, attempt, job);
  if (state.failed !== "PodFailurePolicy") return jobGaveUp(at, state, ending);
  const decided = decidedEnding(podsOf(snapshot, job));
  if (decided !== undefined) return trainingFailed(at, attempt, decided);
  return unheard(at, job, state, "Training") ?? failed(snapshot, now, "TrainingFailed", state.message);
}

function trained(at: Resolved, attempt: TrainingAttempt, job: Job): Part {
  const { snapshot, now } = at;
  const ending = doneEnding(podsOf(snapshot, job), "train");
  if (ending === undefined) return lostPod(at, job, "Training");
  const { adapter } = ending.said;
  if (adapter == null) return unreadable(at, ending);
  const { metrics, checkpoint } = ending.said;
  const done: TrainingAttempt = {
    ...closed(attempt, ending, now),
    adapter,
    ...(checkpoint == null ? {} : { checkpoint }),
  };
  return record(
    snapshot,
    now,
    {
      attempts: withLast(snapshot, done),
      evaluation: evaluationOf(ending.said, doneEnding(podsOf(snapshot, job), "evaluate")?.said),
      dataset: datasetOf(at.resolved, ending.said),
      ...(metrics?.loss == null ? {} : { loss: metrics.loss }),
    },
    `attempt ${attempt.number} has trained: adapter ${adapter.sha256.slice(0, 12)}`,
  );
}

/** What a failure of training leads to: another attempt with adjusted settings, or the end of the run. */
function trainingFailed({ snapshot, resolved, now }: Resolved, attempt: TrainingAttempt, ending: Ending): Part {
  const failure = failureOf(ending.exitCode);
  const { message, reason } = ending.said;
  if (failure === undefined)
    return failed(snapshot, now, reason, message, { attempts: withLast(snapshot, closed(attempt, ending, now)) });
  const closedAttempts = withLast(snapshot, closed(attempt, ending, now));
  const number = attempt.number + 1;
  if (number > resolved.training.maxAttempts)
    return failed(
      snapshot,
      now,
      reason,
      `${message} No attempt is left (maxAttempts: ${resolved.training.maxAttempts}).`,
      {
        attempts: closedAttempts,
      },
    );
  const next = adjusted(failure, attempt, { number, askedLearningRate: resolved.training.optimization.learningRate });
  if (next === undefined)
    return failed(snapshot, now, reason, `${message} Nothing is left to adjust.`, { attempts: closedAttempts });
  const attempts = [...closedAttempts, { number, ...next.settings, change: next.change, startTime: rfc3339(now) }];
  return record(snapshot, now, { attempts }, `attempt ${number}: ${next.change}`);
}

function failureOf(exitCode: number): TrainingFailure | undefined {
  if (exitCode === EXIT.diverged) return "Diverged";
  return exitCode === EXIT.outOfMemory ? "OutOfMemory" : undefined;
}

function closed(attempt: TrainingAttempt, ending: Ending, now: Instant): TrainingAttempt {
  const { reason, message, metrics } = ending.said;
  return {
    ...attempt,
    completionTime: rfc3339(now),
    exitCode: ending.exitCode,
    exitReason: reason,
    ...(message === "" ? {} : { message: message.slice(0, 1024) }),
    ...(metrics?.loss == null ? {} : { loss: metrics.loss }),
  };
}

function withLast(snapshot: RunSnapshot, last: TrainingAttempt): TrainingAttempt[] {
  return [...(snapshot.status.attempts ?? []).slice(0, -1), last];
}
