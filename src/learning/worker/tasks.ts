import type { Clock, Milliseconds } from "../../kube/clock.ts";
import type { Log } from "../../kube/log.ts";
import { RETRY_DELAYS, retryDelay } from "../queue/attempts.ts";
import { errorCode } from "../queue/error-code.ts";
import { StoreUnavailable } from "../store/errors.ts";
import type { Task, TaskStore } from "../store/port.ts";
import type { WorkerMetrics } from "./metrics.ts";
import { type Ending, endedWithin, untilAvailable } from "./patience.ts";
import { Pulse } from "./pulse.ts";
import { LeaseLost, Stopping, TaskFailed, TaskPostponed } from "./task-errors.ts";
import { keepLease } from "./task-lease.ts";

export interface TaskContext {
  /** 0 to 1: how much is done. */
  readonly heartbeat: (progress: number) => void;
  /** Aborts when the lease is lost or the process stops: end soon, and leave nothing that a second run trips over. */
  readonly signal: AbortSignal;
}
/**
 * Answers the task's result. Throws TaskFailed to say why not, TaskPostponed to say why not yet. May run again from the
 * start after a crash.
 */
export type TaskHandler = (task: Task, context: TaskContext) => Promise<unknown>;

export interface TaskRunnerOptions {
  readonly tasks: TaskStore;
  readonly handlers: Readonly<Record<string, TaskHandler>>;
  /** Kinds that are never given up while there is hope: what was promised about somebody's data. */
  readonly lasting?: ReadonlySet<string>;
  /** Unique to this process and this run of it. */
  readonly owner: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: WorkerMetrics;
  readonly concurrency?: number;
  readonly leaseMs?: Milliseconds;
  readonly pollMs?: Milliseconds;
  /** A task that was begun so often and never ended has failed. */
  readonly maxAttempts?: number;
  readonly stuckAfterMs?: Milliseconds;
}

export interface TaskRunner {
  /** There is a new task: looks at once. */
  nudge(): void;
  liveness(): string | undefined;
  /** Aborts what runs; it waits for another process. abandoned: a handler did not end within `deadlineMs`. */
  stop(deadlineMs: Milliseconds): Promise<Ending>;
}

/** Runs long work beside assessments, on loops of its own: neither takes the other's place in a queue. */
export function startTaskRunner(options: TaskRunnerOptions): TaskRunner {
  const { tasks, handlers, owner, clock, log, metrics, concurrency = 1, pollMs = 2000 } = options;
  const { leaseMs = 60_000, maxAttempts = 5, stuckAfterMs = 120_000, lasting = new Set() } = options;
  const stopping = new AbortController();
  const pulse = new Pulse(clock);
  metrics?.watchPulse("task_runner", () => pulse.stillForMs);
  const kinds = Object.keys(handlers);
  const wakers = new Set<() => void>();

  const claim = async (): Promise<Task | undefined> => {
    try {
      return await tasks.claim(kinds, owner, leaseMs, clock.now());
    } catch (error) {
      const fields = { code: errorCode(error) };
      if (!(error instanceof StoreUnavailable)) log.error(fields, "no task could be claimed; trying again");
      return undefined;
    }
  };

  const run = async (task: Task): Promise<void> => {
    const ended = (outcome: string, fields: object = {}) => {
      metrics?.tasks.inc({ kind: task.kind, outcome });
      log.info({ task: task.id, kind: task.kind, attempts: task.attempts, outcome, ...fields }, "a task has ended");
    };
    const lease = keepLease(tasks, clock, { id: task.id, owner, leaseMs });
    const signal = AbortSignal.any([lease.signal, stopping.signal]);
    const tell = (say: () => Promise<boolean>) => untilAvailable(say, { clock, signal: lease.signal });
    try {
      const result = await perform(task, handlers[task.kind], { heartbeat: lease.progress, signal }, maxAttempts);
      const stored = await tell(() => tasks.succeed(task.id, owner, result ?? null, clock.now()));
      ended(stored ? "succeeded" : "lost");
    } catch (error) {
      if (lease.signal.aborted) return ended("lost");
      const postpone = async (reason: string, forMs: Milliseconds, afresh = false) => {
        const until = clock.now() + forMs;
        const stored = await tell(() => tasks.postpone(task.id, owner, reason, until, { afresh })).catch(() => false);
        ended(stored ? "postponed" : "lost", { code: errorCode(error) });
      };
      // Whatever a handler makes of being stopped: the task is not to blame, and was not begun.
      if (stopping.signal.aborted) return postpone("Stopping: the worker was stopped", 0);
      if (error instanceof TaskPostponed) return postpone(`${error.code}: ${error.message}`, error.forMs);
      const { message, retry } = verdict(error, task.attempts < maxAttempts);
      if (!retry && lasting.has(task.kind) && mayPass(error)) return postpone(message, LASTING_PAUSE_MS, true);
      // Given back at once it would be begun at once: what is broken for a moment is given that moment.
      if (retry) await clock.sleep(retryDelay(task.attempts, RETRY_DELAYS), signal).catch(() => undefined);
      const stored = await tell(() => tasks.fail(task.id, owner, message, retry, clock.now())).catch(() => false);
      ended(stored ? (retry ? "retried" : "failed") : "lost", { code: errorCode(error) });
    } finally {
      lease.end();
    }
  };

  const loop = async () => {
    const beat = pulse.begin();
    while (!stopping.signal.aborted) {
      const task = await claim();
      beat.again();
      if (task === undefined) {
        await idle(clock, pollMs, wakers, stopping.signal);
        continue;
      }
      // A handler takes as long as it takes; its lease is what watches over it.
      beat.rest();
      await run(task);
      beat.again();
    }
    beat.rest();
  };

  const ended = Promise.all(Array.from({ length: kinds.length === 0 ? 0 : concurrency }, loop));
  return {
    nudge: () => {
      for (const wake of wakers) wake();
    },
    liveness: () =>
      pulse.stillForMs > stuckAfterMs ? `no progress for ${Math.round(pulse.stillForMs / 1000)} s` : undefined,
    stop: (deadlineMs) => {
      stopping.abort(new Stopping("the process ends"));
      return endedWithin(deadlineMs, clock, ended);
    },
  };
}

async function perform(task: Task, handler: TaskHandler | undefined, context: TaskContext, maxAttempts: number) {
  if (handler === undefined) throw new TaskFailed("UnknownKind", `nothing here can do a task of kind ${task.kind}`);
  if (task.attempts > maxAttempts)
    throw new TaskFailed(WORKER_LOST, `begun ${task.attempts - 1} times, and no worker lived to end it`);
  context.signal.throwIfAborted();
  return handler(task, context);
}

const WORKER_LOST = "WorkerLost";

/** How long a lasting task rests that could not be done as often as others are tried. */
const LASTING_PAUSE_MS = 600_000;

/** Not what a handler refuses for good. That workers died of it before says little of the next one. */
function mayPass(error: unknown): boolean {
  return !(error instanceof TaskFailed) || error.retryable || error.code === WORKER_LOST;
}

function verdict(error: unknown, attemptsLeft: boolean): { message: string; retry: boolean } {
  if (error instanceof TaskFailed)
    return { message: `${error.code}: ${error.message}`, retry: error.retryable && attemptsLeft };
  if (error instanceof LeaseLost) return { message: error.code, retry: true };
  return { message: `${errorCode(error)}: the task broke off`, retry: attemptsLeft };
}

function idle(clock: Clock, ms: Milliseconds, wakers: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      wakers.delete(end);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const cancel = clock.setTimer(ms, end);
    wakers.add(end);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  });
}
