import type { TRAINING_PHASES, TRAINING_STEPS, TrainingRunStatus } from "../../src/api/v1alpha1/trainingrun.ts";
import { rfc3339, setCondition } from "../../src/runtime/conditions.ts";
import type { Instant } from "../../src/runtime/plan.ts";
import type { RunSnapshot } from "./snapshot.ts";

/** Where a run stands: what its conditions say, and phase and message after them. */
export interface Standing {
  readonly phase: (typeof TRAINING_PHASES)[number];
  readonly step?: (typeof TRAINING_STEPS)[number];
  readonly reason: string;
  readonly message: string;
  readonly nextAttempt?: Instant;
  readonly progress?: { readonly percent?: number; readonly loss?: number; readonly expectedTime?: string };
}

/** Reasons that only say that all is well: kubectl get shows a dash. */
const QUIET = new Set(["Running", "Completed", "Recorded", "Publishing"]);

const DASH = "–";

/** The whole status: what was, what is new, and where the run stands now. */
export function statusOf(
  snapshot: RunSnapshot,
  now: Instant,
  at: Standing,
  facts: Partial<TrainingRunStatus>,
): TrainingRunStatus {
  const observedGeneration = snapshot.run.metadata.generation ?? 0;
  const { nextAttemptTime: _next, progressPercent: _percent, expectedTime: _expected, ...before } = snapshot.status;
  const step = at.step ?? before.step ?? "Preparing";
  const percent = facts.progressPercent ?? at.progress?.percent;
  const loss = facts.loss ?? at.progress?.loss ?? before.loss;
  const attempts = facts.attempts ?? before.attempts ?? [];
  const failures = infrastructureFailures(snapshot);
  const nextAttemptTime = at.nextAttempt === undefined ? undefined : rfc3339(coarse(at.nextAttempt));
  const status: TrainingRunStatus = {
    ...before,
    ...facts,
    observedGeneration,
    phase: at.phase,
    step,
    message: at.message.slice(0, 1024),
    conditions: conditions(snapshot, now, at),
    startTime: before.startTime ?? rfc3339(now),
    infrastructureFailures: failures,
    display: {
      progress: percent === undefined ? DASH : `${percent}%`,
      attempt: `${attempts.at(-1)?.number ?? 1}/${snapshot.maxAttempts ?? 1}`,
      loss: loss === undefined ? DASH : figure(loss),
      reason: QUIET.has(at.reason) ? DASH : at.reason,
      expected: at.progress?.expectedTime ?? nextAttemptTime ?? DASH,
    },
    ...(nextAttemptTime === undefined ? {} : { nextAttemptTime }),
    ...(percent === undefined ? {} : { progressPercent: percent }),
    ...(loss === undefined ? {} : { loss }),
    ...(at.progress?.expectedTime === undefined ? {} : { expectedTime: at.progress.expectedTime }),
    ...(snapshot.recorded === undefined || snapshot.recordedDigest === undefined
      ? {}
      : { snapshot: { name: snapshot.recorded.metadata.name, sha256: snapshot.recordedDigest } }),
  };
  return status;
}

/** A loss that has left all bounds is told by its magnitude: the column holds 24 characters. */
function figure(loss: number): string {
  return Math.abs(loss) < 1e6 ? loss.toFixed(4) : loss.toExponential(4);
}

/** Up to the next half minute: a time that moves with every look would be a status written at every look. */
function coarse(at: Instant): Instant {
  return Math.ceil(at / 30_000) * 30_000;
}

/** When the run ended for good, or undefined while it has not. */
export function ended(status: TrainingRunStatus): Instant | undefined {
  const succeeded = status.conditions?.find((condition) => condition.type === "Succeeded");
  if (succeeded === undefined || succeeded.status === "Unknown") return undefined;
  return Date.parse(status.completionTime ?? succeeded.lastTransitionTime);
}

function conditions(
  snapshot: RunSnapshot,
  now: Instant,
  { phase, reason, message }: Standing,
): NonNullable<TrainingRunStatus["conditions"]> {
  const at = { now, observedGeneration: snapshot.run.metadata.generation ?? 0 };
  const invalid = reason === "InvalidSpec" || reason === "UriNotAllowed";
  let list = setCondition(snapshot.status.conditions ?? [], valid(invalid, reason, message), at);
  list = setCondition(list, { type: "Running", status: phase === "Running" ? "True" : "False", reason, message }, at);
  const succeeded = phase === "Succeeded" ? "True" : phase === "Failed" ? "False" : "Unknown";
  list = setCondition(list, { type: "Succeeded", status: succeeded, reason, message }, at);
  return [...list];
}

function valid(invalid: boolean, reason: string, message: string) {
  return invalid
    ? ({ type: "Valid", status: "False", reason, message } as const)
    : ({ type: "Valid", status: "True", reason: "Accepted", message: "The spec can be carried out." } as const);
}

/**
 * Pods lost to the infrastructure so far. Jobs count their failed pods; one that ended by a decision of the training
 * image is no such loss. Never falls: a Job that is gone takes its count with it.
 */
function infrastructureFailures({ jobs, status }: RunSnapshot): number {
  const counted = jobs.reduce((sum, job) => {
    const decided = job.status?.conditions?.some(
      (c) => c.type === "Failed" && c.status === "True" && c.reason === "PodFailurePolicy",
    )
      ? 1
      : 0;
    return sum + Math.max(0, (job.status?.failed ?? 0) - decided);
  }, 0);
  return Math.max(status.infrastructureFailures ?? 0, counted);
}
