import type { KubeApi } from "../kube/api.ts";
import { Cache, type CacheSource } from "../kube/cache.ts";
import { EventRecorder } from "../kube/events.ts";
import { LeaderLease } from "../kube/lease.ts";
import type { ObjectKey } from "../kube/object.ts";
import { type Reflection, reflect } from "../kube/reflect.ts";
import { type Clock, systemClock } from "./clock.ts";
import { Controller, type Definition } from "./controller.ts";
import { type HealthServer, type ReadinessCheck, serveHealth } from "./health.ts";
import type { Logger } from "./logging.ts";
import type { Metrics } from "./metrics.ts";
import type { Milliseconds } from "./plan.ts";

export interface OperatorOptions {
  readonly api: KubeApi;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Every kind that a definition reads, owns or watches. */
  readonly sources: readonly CacheSource[];
  readonly definitions: readonly Definition[];
  /** Absent: this process is the only one, and always leads. */
  readonly lease?: { readonly key: ObjectKey; readonly identity: string };
  /** Absent: no HTTP. */
  readonly http?: {
    readonly port: number;
    readonly host?: string;
    readonly checks?: Readonly<Record<string, ReadinessCheck>>;
  };
  readonly clock?: Clock;
  readonly random?: () => number;
  /** The pod's name, for events. */
  readonly instance?: string;
  /** Not ready when a kind was last confirmed longer ago; 5 min unless told. */
  readonly staleAfter?: Milliseconds;
  /** How long stopping may take; 30 s unless told, as a pod's termination grace period is. */
  readonly grace?: Milliseconds;
}

export interface Operator {
  readonly cache: Cache;
  readonly httpPort: number | undefined;
  isLeader(): boolean;
  /** Wakes one key of one controller. */
  enqueue(controller: string, key: ObjectKey): void;
  /** Resolves, with why, when leadership is lost: exit, with an error. Never resolves otherwise. */
  readonly lost: Promise<string>;
  /** Resolves when the workers have started: caches are full, and this process leads. */
  readonly working: Promise<void>;
  /** Takes no more work, finishes what runs, releases the lease, and ends; after the grace period it ends regardless. */
  stop(): Promise<void>;
}

/** Starts, in this order: HTTP, caches, leader election, workers. Resolves once HTTP answers; the rest follows in its time. */
export async function startOperator(options: OperatorOptions): Promise<Operator> {
  const { api, log, metrics, clock = systemClock, staleAfter = 300_000, grace = 30_000 } = options;
  const random = options.random === undefined ? {} : { random: options.random };
  const cache = new Cache(options.sources);
  const lease = options.lease && new LeaderLease({ api, clock, log, ...options.lease, ...random });
  const isLeader = () => lease?.isLeader() ?? true;
  metrics.leading(options.lease?.key.name ?? "none", isLeader);

  let reflection: Reflection | undefined;
  const http =
    options.http &&
    (await serveHealth({
      ...options.http,
      registry: metrics.registry,
      checks: {
        synced: () => (cache.hasSynced() ? undefined : "caches are still being filled"),
        fresh: () => {
          const age = reflection?.age() ?? 0;
          return age <= staleAfter || !cache.hasSynced()
            ? undefined
            : `last heard from the API server ${Math.round(age / 1000)} s ago`;
        },
        ...options.http.checks,
      },
    }));

  const recorder = (component: string) =>
    new EventRecorder({
      api,
      clock,
      log,
      component,
      ...(options.instance === undefined ? {} : { instance: options.instance }),
    });
  const controllers = new Map<string, Controller>();
  const recorders: EventRecorder[] = [];
  for (const definition of options.definitions) {
    const events = recorder(`qi-learning-${definition.name}`);
    recorders.push(events);
    controllers.set(
      definition.name,
      new Controller(definition, {
        api,
        cache,
        clock,
        log,
        isLeader,
        events,
        metrics: metrics.controller(definition.name),
      }),
    );
  }

  const caches = new AbortController();
  const election = new AbortController();
  reflection = reflect(cache, { api, clock, log, signal: caches.signal, ...random });
  const elected = (async () => {
    // A standby's caches and queues are full before it is elected: taking over is then a matter of the lease alone.
    if (
      !(await cache.until(() => cache.hasSynced(), {
        clock,
        timeout: Number.MAX_SAFE_INTEGER,
        signal: election.signal,
      }))
    )
      return;
    await lease?.run(election.signal);
  })();
  const working = (async () => {
    await cache.until(() => cache.hasSynced(), { clock, timeout: Number.MAX_SAFE_INTEGER, signal: election.signal });
    await lease?.acquired;
    if (election.signal.aborted) return;
    for (const controller of controllers.values()) controller.start();
    log.info({ controllers: [...controllers.keys()] }, "working");
  })();

  const end = async () => {
    log.info({}, "stopping");
    const stopped = Promise.all([...controllers.values()].map((controller) => controller.stop()));
    await within(
      grace,
      clock,
      stopped.then(() => Promise.all(recorders.map((events) => events.flush()))),
    );
    // Only now: while a reconciliation runs, nobody else may lead.
    election.abort(new Error("stopping"));
    await within(grace, clock, elected);
    caches.abort(new Error("stopping"));
    await within(grace, clock, reflection.done);
    await http?.close();
  };
  let ending: Promise<void> | undefined;
  return {
    cache,
    httpPort: (http as HealthServer | undefined)?.port,
    isLeader,
    enqueue: (name, key) => {
      const controller = controllers.get(name);
      if (controller === undefined)
        throw new Error(`no controller ${name}: there are ${[...controllers.keys()].join(", ")}`);
      controller.enqueue(key);
    },
    lost: lease?.lost ?? new Promise(() => {}),
    working,
    stop: () => {
      ending ??= end();
      return ending;
    },
  };
}

/** The promise, or nothing once `ms` have passed. */
async function within(ms: Milliseconds, clock: Clock, promise: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const cancel = clock.setTimer(ms, resolve);
  await Promise.race([promise, late]);
  cancel();
}
