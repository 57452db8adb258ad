import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Milliseconds } from "../../kube/clock.ts";

export type WorkerMetrics = ReturnType<typeof workerMetrics>;

/** Labels are outcomes, kinds of tasks and names of duties: nothing that users choose. */
export function workerMetrics(registry: Registry) {
  const registers = [registry];
  return {
    assessed: new Counter({
      name: "qi_learning_assessed_total",
      help: "Deliveries by what came of them: current, superseded (another score counts), gone, failed",
      labelNames: ["outcome"] as const,
      registers,
    }),
    assessment: new Histogram({
      name: "qi_learning_assessment_duration_seconds",
      help: "Time of a worker that one interaction took: its batch's, loading and storing included, divided by its size",
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
      registers,
    }),
    batches: new Gauge({ name: "qi_learning_worker_batches", help: "Batches in work in this process", registers }),
    tasks: new Counter({
      name: "qi_learning_tasks_total",
      help: "Tasks by kind and how they ended: succeeded, failed, retried, postponed, lost",
      labelNames: ["kind", "outcome"] as const,
      registers,
    }),
    duties: new Counter({
      name: "qi_learning_duties_total",
      help: "Runs of periodic duties",
      labelNames: ["duty", "outcome"] as const,
      registers,
    }),
    watchPulse(activity: string, stillForMs: () => Milliseconds): void {
      new Gauge({
        name: `qi_learning_${activity}_still_seconds`,
        help: `For how long the slowest ${activity} has not gone on; small while idle, growing while stuck`,
        registers,
        collect() {
          this.set(stillForMs() / 1000);
        },
      });
    },
  };
}
