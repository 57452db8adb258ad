import type { TrainingRunStatus } from "../../src/api/v1alpha1/trainingrun.ts";
import { rfc3339 } from "../../src/runtime/conditions.ts";
import type { Instant, Plan, PlannedEvent } from "../../src/runtime/plan.ts";
import type { ResolvedRun } from "./resolve.ts";
import type { RunSnapshot } from "./snapshot.ts";
import { type Standing, statusOf } from "./status.ts";

export type RunPlan = Plan<TrainingRunStatus>;

/** A part of the plan: what differs from doing nothing. */
export type Part = Partial<RunPlan> & { readonly why: readonly string[] };

/** What a run is decided from, once its resolved spec has been read back. */
export interface Resolved {
  readonly snapshot: RunSnapshot;
  readonly resolved: ResolvedRun;
  readonly now: Instant;
}

/** A backstop: watches and polled logs wake the run sooner. */
export const POLL = 30_000;

export function record(snapshot: RunSnapshot, now: Instant, facts: Partial<TrainingRunStatus>, why: string): Part {
  const at: Standing = { phase: "Running", reason: "Recorded", message: why };
  return { record: statusOf(snapshot, now, at, facts), why: [why] };
}

export function standing(snapshot: RunSnapshot, now: Instant, at: Standing): Part {
  return { status: statusOf(snapshot, now, at, {}), why: [at.message] };
}

export function waiting(snapshot: RunSnapshot, now: Instant, why: { reason: string; message: string }): Part {
  const next = { ...why, nextAttempt: now + POLL };
  return {
    ...standing(snapshot, now, { phase: "Waiting", step: "Preparing", ...next }),
    requeueAfter: POLL,
    why: [why.message],
  };
}

export function failed(
  snapshot: RunSnapshot,
  now: Instant,
  reason: string,
  message: string,
  facts: Partial<TrainingRunStatus> = {},
): Part {
  const at: Standing = { phase: "Failed", reason, message };
  return {
    status: statusOf(snapshot, now, at, { ...facts, completionTime: rfc3339(now) }),
    events: [{ type: "Warning", reason, message }],
    why: [`the run has failed: ${reason}`],
  };
}

export function normal(reason: string, message: string): PlannedEvent {
  return { type: "Normal", reason, message };
}
