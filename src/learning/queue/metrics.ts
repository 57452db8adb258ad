import { Counter, Gauge, type Registry } from "prom-client";
import type { Milliseconds } from "../../kube/clock.ts";
import type { WorkFigures } from "../store/port.ts";

export type RedisRole = "queue" | "worker" | "cache";

/** What the transport reports; the figures of the queue itself come by `watchFigures`. */
export interface QueueMetrics {
  redisUp(role: RedisRole, up: boolean): void;
  redisEvicts(evicts: boolean): void;
  relayed(count: number): void;
  watchRelay(lagMs: () => Milliseconds): void;
}

/** Queue and cache of one process report to the same. */
const known = new WeakMap<Registry, QueueMetrics>();

export function queueMetrics(registry: Registry): QueueMetrics {
  const metrics = known.get(registry) ?? register(registry);
  known.set(registry, metrics);
  return metrics;
}

function register(registry: Registry): QueueMetrics {
  const registers = [registry];
  const up = new Gauge({
    name: "qi_learning_redis_up",
    help: "1 while connected to Redis, by what for",
    labelNames: ["role"],
    registers,
  });
  const evicts = new Gauge({
    name: "qi_learning_queue_redis_evicts",
    help: "1 where the queue's Redis may evict keys, which it must not",
    registers,
  });
  const relayed = new Counter({
    name: "qi_learning_relayed_total",
    help: "References brought from the table to Redis, repetitions included",
    registers,
  });
  return {
    redisUp: (role, is) => up.set({ role }, is ? 1 : 0),
    redisEvicts: (does) => evicts.set(does ? 1 : 0),
    relayed: (count) => relayed.inc(count),
    watchRelay: (lagMs) => {
      new Gauge({
        name: "qi_learning_relay_lag_seconds",
        help: "How long new work has waited to be brought to Redis; 0 when none waits",
        registers,
        collect() {
          this.set(lagMs() / 1000);
        },
      });
    },
  };
}

/**
 * The queue's figures, asked with every scrape; they come from the store, so they hold when Redis has lost everything
 * (only how much of what waits is held is Redis's to say: none, while it is away). When the store cannot be asked they
 * are missing rather than 0, so that nobody scales down for want of an answer.
 */
export function watchFigures(registry: Registry, figures: () => Promise<WorkFigures>): void {
  let asking: Promise<WorkFigures | undefined> | undefined;
  // All gauges of one scrape share one question.
  const ask = () => {
    asking ??= figures()
      .catch(() => undefined)
      .finally(() => {
        asking = undefined;
      });
    return asking;
  };
  const gauge = (name: string, help: string, of: (now: WorkFigures) => number) =>
    new Gauge({
      name: `qi_learning_queue_${name}`,
      help,
      registers: [registry],
      async collect() {
        const now = await ask();
        if (now === undefined) this.remove();
        else this.set(of(now));
      },
    });
  gauge("length", "Interactions that wait to be assessed", (now) => now.waiting);
  gauge(
    "in_flight",
    "Interactions that were handed to a worker and are not settled, retries included",
    (now) => now.inFlight,
  );
  gauge("dead", "Interactions that could not be assessed, waiting for a replay", (now) => now.dead);
  gauge(
    "oldest_age_seconds",
    "Age of the oldest interaction that is neither assessed nor dead",
    (now) => now.oldestAgeMs / 1000,
  );
  gauge("dead_oldest_age_seconds", "Age of the oldest dead one", (now) => now.oldestDeadAgeMs / 1000);
}
