import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { TransportOptions } from "../kube/transport.ts";
import type { QueueObserver, WorkQueue } from "./queue.ts";

export type ReconcileResult = "success" | "error" | "requeue" | "requeue_after";

/** What one controller reports. */
export interface ControllerMetrics {
  readonly queue: QueueObserver;
  /** For the figures that are computed when asked for: work that has not ended. */
  watch(queue: WorkQueue): void;
  maxConcurrent(count: number): void;
  started(): void;
  finished(result: ReconcileResult, seconds: number): void;
  panicked(): void;
  timedOut(): void;
}

export interface Metrics {
  readonly registry: Registry;
  readonly onAnswer: NonNullable<TransportOptions["onAnswer"]>;
  leading(name: string, isLeader: () => boolean): void;
  controller(name: string): ControllerMetrics;
}

/** client_golang's ExponentialBuckets(10e-9, 10, 12), as controller-runtime has them for its queue. */
const QUEUE_BUCKETS = Array.from({ length: 12 }, (_, n) => 1e-8 * 10 ** n);
const RECONCILE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** controller-runtime's and client-go's metrics under their own names, so that existing dashboards and alerts work. */
export function createMetrics(
  registry: Registry = new Registry(),
  elapsed: () => number = () => performance.now(),
): Metrics {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
  const registers = [registry];
  const named = ["name", "controller"] as const;
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name, help, labelNames: [...labelNames], registers });
  const gauge = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    collect?: (this: Gauge<L>) => void,
  ) =>
    new Gauge<L>({ name, help, labelNames: [...labelNames], registers, ...(collect === undefined ? {} : { collect }) });
  const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[], buckets: number[]) =>
    new Histogram({ name, help, labelNames: [...labelNames], buckets, registers });

  const requests = counter("rest_client_requests_total", "Requests to the API server", ["code", "method", "host"]);
  const leaders = new Map<string, () => boolean>();
  gauge("leader_election_master_status", "1 while this process leads", ["name"], function () {
    for (const [name, isLeader] of leaders) this.set({ name }, isLeader() ? 1 : 0);
  });

  const depth = gauge("workqueue_depth", "Keys ready to be worked on", [...named, "priority"]);
  const adds = counter("workqueue_adds_total", "Keys added", named);
  const waited = histogram(
    "workqueue_queue_duration_seconds",
    "How long a key was ready before it was taken",
    named,
    QUEUE_BUCKETS,
  );
  const worked = histogram("workqueue_work_duration_seconds", "How long a key was worked on", named, QUEUE_BUCKETS);
  const retries = counter("workqueue_retries_total", "Keys added again after a failure", named);
  const queues = new Map<string, WorkQueue>();
  const running = (name: string) =>
    [...(queues.get(name)?.held.values() ?? [])].map((since) => (elapsed() - since) / 1000);
  gauge("workqueue_unfinished_work_seconds", "Work in progress, summed", named, function () {
    for (const name of queues.keys())
      this.set(
        { name, controller: name },
        running(name).reduce((sum, one) => sum + one, 0),
      );
  });
  gauge("workqueue_longest_running_processor_seconds", "Work in progress, the longest", named, function () {
    for (const name of queues.keys()) this.set({ name, controller: name }, Math.max(0, ...running(name)));
  });

  const total = counter("controller_runtime_reconcile_total", "Reconciliations", ["controller", "result"]);
  const errors = counter("controller_runtime_reconcile_errors_total", "Reconciliations that failed", ["controller"]);
  const terminal = counter("controller_runtime_terminal_reconcile_errors_total", "Failures that no retry helps", [
    "controller",
  ]);
  const panics = counter("controller_runtime_reconcile_panics_total", "Exceptions out of observe or plan", [
    "controller",
  ]);
  const timeouts = counter("controller_runtime_reconcile_timeouts_total", "Reconciliations cut off by time", [
    "controller",
  ]);
  const time = histogram(
    "controller_runtime_reconcile_time_seconds",
    "Time of a reconciliation",
    ["controller"],
    RECONCILE_BUCKETS,
  );
  const most = gauge("controller_runtime_max_concurrent_reconciles", "Workers", ["controller"]);
  const active = gauge("controller_runtime_active_workers", "Workers at work", ["controller"]);

  return {
    registry,
    onAnswer: (answer) => requests.inc(answer),
    leading: (name, isLeader) => leaders.set(name, isLeader),
    controller: (name) => {
      const labels = { name, controller: name };
      const controller = { controller: name };
      // At zero from the start: an alert on a rate needs the series before the first failure.
      for (const one of [errors, terminal, panics, timeouts]) one.inc(controller, 0);
      return {
        queue: {
          added: () => adds.inc(labels),
          depth: (waiting) => depth.set({ ...labels, priority: "0" }, waiting),
          started: (ms) => waited.observe(labels, ms / 1000),
          finished: (ms) => worked.observe(labels, ms / 1000),
          retried: () => retries.inc(labels),
        },
        watch: (queue) => queues.set(name, queue),
        maxConcurrent: (count) => most.set(controller, count),
        started: () => active.inc(controller),
        finished: (result, seconds) => {
          active.dec(controller);
          total.inc({ ...controller, result });
          if (result === "error") errors.inc(controller);
          time.observe(controller, seconds);
        },
        panicked: () => panics.inc(controller),
        timedOut: () => timeouts.inc(controller),
      };
    },
  };
}
