import { Cache, type CacheSource } from "../kube/cache.ts";
import { EventRecorder } from "../kube/events.ts";
import { reflect } from "../kube/reflect.ts";
import { Controller, type Definition } from "../runtime/controller.ts";
import { silentLogger } from "../runtime/logging.ts";
import { createMetrics } from "../runtime/metrics.ts";
import type { ManualClock } from "./clock.ts";
import type { Connection } from "./connection.ts";
import { silentLog } from "./log.ts";

/** One run of an operator against a world, with everything real but time and the network. */
export class Process {
  readonly cache: Cache;
  readonly controller: Controller;
  readonly #events: EventRecorder;
  readonly #stopping = new AbortController();
  readonly #reflected: Promise<void>;
  leading = true;

  constructor(definition: Definition, api: Connection, clock: ManualClock, sources: readonly CacheSource[]) {
    this.cache = new Cache(sources);
    this.#events = new EventRecorder({ api, clock, log: silentLog, component: `qi-learning-${definition.name}` });
    const metrics = createMetrics(undefined, () => clock.elapsed()).controller(definition.name);
    const isLeader = () => this.leading;
    this.controller = new Controller(definition, {
      api,
      cache: this.cache,
      clock,
      log: silentLogger,
      isLeader,
      events: this.#events,
      metrics,
    });
    this.#reflected = reflect(this.cache, {
      api,
      clock,
      log: silentLog,
      signal: this.#stopping.signal,
      random: () => 0,
    }).done;
    this.controller.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the process has ended"));
    await Promise.all([this.controller.stop(), this.#events.flush(), this.#reflected]);
  }
}
