import type { Clock, Instant, Milliseconds } from "../../kube/clock.ts";
import type { Log } from "../../kube/log.ts";
import { errorCode } from "../queue/error-code.ts";
import type { Delivery, WorkQueue } from "../queue/port.ts";
import type { LoadedInteraction, Store } from "../store/port.ts";
import { type Assess, assessBatch, type Settled } from "./batch.ts";
import type { WorkerMetrics } from "./metrics.ts";
import { type Ending, endedWithin } from "./patience.ts";
import { Pulse } from "./pulse.ts";
import type { ScoreCache } from "./score-cache/port.ts";

export interface WorkerOptions {
  readonly store: Pick<Store, "interactions" | "assessments">;
  /** Is the caller's: others may nudge it, so stopping a worker does not close it. */
  readonly queue: WorkQueue;
  readonly assess: Assess;
  readonly assessorVersion: (subject: LoadedInteraction) => string;
  readonly cache: ScoreCache;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: WorkerMetrics;
  /** Batches in work at once: while one waits for the store, another is assessed. */
  readonly concurrency?: number;
  readonly batch?: number;
  /** How long one look for work waits; also how long an idle worker takes to notice that it is to stop. */
  readonly waitMs?: Milliseconds;
  readonly assessTimeoutMs?: Milliseconds;
  /** Without progress for so long, it is stuck. Longer than an assessment may take, shorter than anyone's patience. */
  readonly stuckAfterMs?: Milliseconds;
}

export interface Worker {
  /** When the slowest of what it does last went on. */
  readonly lastProgressAt: Instant;
  /** Undefined: it is alive, idle or not. Else why it should be started again. */
  liveness(): string | undefined;
  /** Takes nothing more and finishes what it has. abandoned: not within `deadlineMs`; the rest is handed out again. */
  stop(deadlineMs: Milliseconds): Promise<Ending>;
}

export function startWorker(options: WorkerOptions): Worker {
  const { queue, clock, log, metrics, concurrency = 2, batch = 50, waitMs = 1000 } = options;
  const { assessTimeoutMs = 30_000, stuckAfterMs = 120_000 } = options;
  const pulse = new Pulse(clock);
  metrics?.watchPulse("worker", () => pulse.stillForMs);
  let stopping = false;
  const abandoning = new AbortController();
  const running = new Set<Promise<void>>();

  const work = async (deliveries: readonly Delivery[]) => {
    const beat = pulse.begin();
    const begun = clock.elapsed();
    try {
      const settled = await assessBatch(deliveries, {
        ...options,
        timeoutMs: assessTimeoutMs,
        signal: abandoning.signal,
        onProgress: beat.again,
      });
      await answer(queue, settled);
      report(settled, (clock.elapsed() - begun) / 1000);
    } catch (error) {
      // Nothing is said of these deliveries: their hold ends, and another takes them.
      if (!abandoning.signal.aborted) log.error({ code: errorCode(error) }, "a batch ended without an answer");
    } finally {
      beat.rest();
    }
  };

  const report = (settled: readonly Settled[], seconds: number) => {
    for (const { outcome } of settled) {
      metrics?.assessed.inc({ outcome: typeof outcome === "string" ? outcome : "failed" });
      metrics?.assessment.observe(seconds / settled.length);
    }
    const reasons = settled.flatMap(({ outcome }) => (typeof outcome === "string" ? [] : [outcome.failed]));
    if (reasons.length > 0) log.warn({ count: reasons.length, reason: reasons[0] }, "some could not be assessed");
  };

  const take = async (): Promise<readonly Delivery[]> => {
    try {
      return await queue.take(batch, waitMs);
    } catch (error) {
      log.error({ code: errorCode(error) }, "the queue could not be asked for work; trying again");
      await clock.sleep(waitMs);
      return [];
    }
  };

  const loop = async () => {
    const beat = pulse.begin();
    while (!stopping) {
      const deliveries = await take();
      beat.again();
      if (deliveries.length === 0) continue;
      const batchWork = work(deliveries).finally(() => {
        running.delete(batchWork);
        metrics?.batches.set(running.size);
      });
      running.add(batchWork);
      metrics?.batches.set(running.size);
      // Each batch has a beat of its own: waiting for one to end is not ours to answer for.
      beat.rest();
      while (running.size >= concurrency) await Promise.race(running);
      beat.again();
    }
    beat.rest();
    await Promise.all(running);
  };

  const ended = loop();
  return {
    get lastProgressAt() {
      return pulse.lastProgressAt;
    },
    liveness: () =>
      pulse.stillForMs > stuckAfterMs ? `no progress for ${Math.round(pulse.stillForMs / 1000)} s` : undefined,
    stop: async (deadlineMs) => {
      stopping = true;
      const ending = await endedWithin(deadlineMs, clock, ended);
      abandoning.abort(new Error("the worker was stopped"));
      return ending;
    },
  };
}

async function answer(queue: WorkQueue, settled: readonly Settled[]): Promise<void> {
  const failed = new Map<string, Delivery[]>();
  const done: Delivery[] = [];
  for (const { delivery, outcome } of settled) {
    if (typeof outcome === "string") done.push(delivery);
    else failed.set(outcome.failed, [...(failed.get(outcome.failed) ?? []), delivery]);
  }
  if (done.length > 0) await queue.done(done);
  for (const [reason, deliveries] of failed) await queue.failed(deliveries, reason);
}
