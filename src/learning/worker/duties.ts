import type { Clock, Instant, Milliseconds } from "../../kube/clock.ts";
import type { Log } from "../../kube/log.ts";
import { errorCode } from "../queue/error-code.ts";
import type { WorkerMetrics } from "./metrics.ts";
import { type Ending, endedWithin } from "./patience.ts";

/** Done from time to time by every replica: doing it twice, or at once in two of them, must do no harm. */
export interface Duty {
  readonly name: string;
  readonly everyMs: Milliseconds;
  run(now: Instant, signal: AbortSignal): Promise<void>;
}

export interface DutiesOptions {
  readonly duties: readonly Duty[];
  readonly clock: Clock;
  readonly log: Log;
  /** 0 to 1; spreads the replicas over time. */
  readonly random: () => number;
  readonly metrics?: WorkerMetrics;
}

export interface Duties {
  /** Aborts what runs. abandoned: one did not end within `deadlineMs`; it is repeated elsewhere. */
  stop(deadlineMs: Milliseconds): Promise<Ending>;
}

/** After a failure a duty comes again this much sooner. */
const SOONER = 4;
const JITTER = 0.2;

/** Each duty has a loop of its own, so that it never overlaps itself and none holds up another. */
export function startDuties({ duties, clock, log, random, metrics }: DutiesOptions): Duties {
  const stopping = new AbortController();
  const { signal } = stopping;
  const loop = async (duty: Duty) => {
    // The first time soon after the start: a fresh install needs its partitions now.
    let wait = random() * Math.min(duty.everyMs, 1000);
    for (;;) {
      await clock.sleep(wait, signal);
      const outcome = await attempt(duty);
      metrics?.duties.inc({ duty: duty.name, outcome });
      wait = (duty.everyMs * (1 - JITTER * random())) / (outcome === "failed" ? SOONER : 1);
    }
  };
  const attempt = async (duty: Duty): Promise<"done" | "failed"> => {
    try {
      await duty.run(clock.now(), signal);
      return "done";
    } catch (error) {
      if (!signal.aborted) log.warn({ duty: duty.name, code: errorCode(error) }, "a duty failed; trying again");
      return "failed";
    }
  };
  // A loop only ever ends by the signal.
  const loops = duties.map((duty) => loop(duty).catch(() => undefined));
  return {
    stop: (deadlineMs) => {
      stopping.abort(new Error("the duties were stopped"));
      return endedWithin(deadlineMs, clock, Promise.all(loops));
    },
  };
}

/** What every process with a worker sees to. Relaying again what Redis lost is not here: the queue's own relay does it. */
export function standardDuties(work: {
  readonly maintain: (now: Instant) => Promise<void>;
  /** Moves the thresholds of all policies that ask for it. */
  readonly adjustThresholds: (now: Instant, signal: AbortSignal) => Promise<void>;
  /** Erases again whom a restored backup brought back. */
  readonly eraseAgain: (now: Instant, signal: AbortSignal) => Promise<void>;
}): readonly Duty[] {
  return [
    { name: "maintain", everyMs: 600_000, run: work.maintain },
    { name: "thresholds", everyMs: 300_000, run: work.adjustThresholds },
    { name: "erasures", everyMs: 3_600_000, run: work.eraseAgain },
  ];
}
