import type { KubeApi } from "../kube/api.ts";
import { Cache, type CacheSource } from "../kube/cache.ts";
import { EventRecorder } from "../kube/events.ts";
import { LeaderLease } from "../kube/lease.ts";
import type { ObjectKey } from "../kube/object.ts";
import { type Reflection, reflect } from "../kube/reflect.ts";
import { type Clock, systemClock } from "./clock.ts";
import { Controller, type Definition } from "./controller.ts";
import { type ReadinessCheck, serveHealth } from "./health.ts";
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
  const checks = { ...readiness(cache, () => reflection?.age() ?? 0, staleAfter), ...options.http?.checks };
  const http = options.http && (await serveHealth({ ...options.http, registry: metrics.registry, checks }));

  const controllers = new Map<string, Controller>();
  const recorders: EventRecorder[] = [];
  const instance = options.instance === undefined ? {} : { instance: options.instance };
  for (const definition of options.definitions) {
    const { name } = definition;
    const events = new EventRecorder({ api, clock, log, component: `qi-learning-${name}`, ...instance });
    recorders.push(events);
    const own = { events, metrics: metrics.controller(name) };
    controllers.set(name, new Controller(definition, { api, cache, clock, log, isLeader, ...own }));
  }

  const caches = new AbortController();
  const election = new AbortController();
  reflection = reflect(cache, { api, clock, log, signal: caches.signal, ...random });
  // A standby's caches and queues are full before it is elected: taking over is then a matter of the lease alone.
  const synced = cache.until(() => cache.hasSynced(), { clock, timeout: A_MONTH, signal: election.signal });
  const elected = synced.then((yes) => (yes ? lease?.run(election.signal) : undefined));
  const working = synced
    .then(() => lease?.acquired)
    .then(() => {
      if (election.signal.aborted) return;
      for (const controller of controllers.values()) controller.start();
      log.info({ controllers: [...controllers.keys()] }, "working");
    });

  const end = async () => {
    log.info({}, "stopping");
    const stopped = Promise.all([...controllers.values()].map((controller) => controller.stop()));
    const told = stopped.then(() => Promise.all(recorders.map((events) => events.flush())));
    await within(grace, clock, told);
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
    httpPort: http?.port,
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

/** A cache that has not filled by then is a server that is not coming back. */
const A_MONTH: Milliseconds = 30 * 24 * 3_600_000;

function readiness(cache: Cache, age: () => Milliseconds, staleAfter: Milliseconds): Record<string, ReadinessCheck> {
  return {
    synced: () => (cache.hasSynced() ? undefined : "caches are still being filled"),
    fresh: () => {
      if (!cache.hasSynced() || age() <= staleAfter) return undefined;
      return `last heard from the API server ${Math.round(age() / 1000)} s ago`;
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
