import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { type StateName, stateNames } from "./status.ts";

export type Metrics = ReturnType<typeof sidecarMetrics>;

/** Everything is labelled with routes and codes only: no names that users choose. */
export function sidecarMetrics(parallel: number) {
  const registry = new Registry();
  const registers = [registry];
  const state = new Gauge({
    name: "qi_sidecar_state",
    help: "1 for the state it is in",
    labelNames: ["state"],
    registers,
  });
  new Gauge({ name: "qi_sidecar_parallel", help: "Requests that the engine answers at once", registers }).set(parallel);
  return {
    registry,
    requests: new Counter({
      name: "qi_sidecar_requests_total",
      help: "Requests by route and answer; 499: the client went away",
      labelNames: ["route", "code"],
      registers,
    }),
    inFlight: new Gauge({ name: "qi_sidecar_requests_in_flight", help: "Requests being answered", registers }),
    firstByte: new Histogram({
      name: "qi_sidecar_time_to_first_byte_seconds",
      help: "From the whole request to the first byte of the answer, waiting for the engine included",
      labelNames: ["route"],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 20, 30, 60, 120],
      registers,
    }),
    duration: new Histogram({
      name: "qi_sidecar_request_duration_seconds",
      help: "From the whole request to the end of the answer",
      labelNames: ["route"],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600],
      registers,
    }),
    tokens: new Counter({
      name: "qi_sidecar_tokens_total",
      help: "Tokens read and generated, as the engine counted them",
      labelNames: ["kind"],
      registers,
    }),
    engineErrors: new Counter({
      name: "qi_sidecar_engine_errors_total",
      help: "Requests that the engine failed: refused, an error of its own, cut",
      labelNames: ["kind"],
      registers,
    }),
    enter(current: StateName): void {
      for (const name of stateNames) state.set({ state: name }, name === current ? 1 : 0);
    },
  };
}
