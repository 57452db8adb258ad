import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { IntakeMeter } from "../intake/port.ts";

export type ApiMetrics = ReturnType<typeof apiMetrics>;

export interface Gauged {
  bytesInFlight(): number;
  /** Milliseconds, of the last second. */
  eventLoopDelay(): number;
}

/** Labelled with routes, codes and types of ours only: nothing that a client chooses. */
export function apiMetrics(gauged: Gauged, registry: Registry = new Registry()) {
  const registers = [registry];
  const items = new Counter({
    name: "qi_learning_items_total",
    help: "Items of batches by what became of them",
    labelNames: ["kind", "outcome"],
    registers,
  });
  const redactions = new Counter({
    name: "qi_learning_redactions_total",
    help: "Values replaced by placeholders, by type",
    labelNames: ["type"],
    registers,
  });
  new Gauge({
    name: "qi_learning_request_bytes_in_flight",
    help: "Bytes of request bodies that are being read or worked on",
    registers,
    collect() {
      this.set(gauged.bytesInFlight());
    },
  });
  new Gauge({
    name: "qi_learning_event_loop_delay_seconds",
    help: "Mean delay of the event loop over the last second",
    registers,
    collect() {
      this.set(gauged.eventLoopDelay() / 1000);
    },
  });
  const meter: IntakeMeter = {
    settled: (kind, outcome) => items.inc({ kind, outcome }),
    redacted: (counts) => {
      for (const [type, count] of Object.entries(counts)) redactions.inc({ type }, count);
    },
  };
  return {
    registry,
    meter,
    duration: new Histogram({
      name: "qi_learning_request_duration_seconds",
      help: "From the request's head to the end of the answer",
      labelNames: ["route", "code"],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    shed: new Counter({
      name: "qi_learning_requests_shed_total",
      help: "Requests refused before their body was read, by why",
      labelNames: ["reason"],
      registers,
    }),
  };
}
