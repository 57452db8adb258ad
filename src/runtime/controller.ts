import type { KubeApi } from "../kube/api.ts";
import type { Cache } from "../kube/cache.ts";
import {
  apiVersionOf,
  controllerOf,
  type KubeObject,
  keyOf,
  keyText,
  type ObjectKey,
  parseKey,
} from "../kube/object.ts";
import type { Clock } from "./clock.ts";
import type { Definition } from "./definition.ts";
import { hasCode, RuntimeError } from "./errors.ts";
import { type Execution, Executor, type ExecutorOptions } from "./executor.ts";
import type { Logger } from "./logging.ts";
import type { ControllerMetrics } from "./metrics.ts";
import type { Milliseconds, Plan } from "./plan.ts";
import { WorkQueue } from "./queue.ts";

export type { Definition, Watched } from "./definition.ts";

export interface ControllerOptions {
  readonly api: KubeApi;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly log: Logger;
  readonly isLeader: () => boolean;
  readonly events: ExecutorOptions["events"];
  readonly metrics: ControllerMetrics;
  /** A reconciliation that takes longer is cut off and tried again; 60 s unless told. */
  readonly timeout?: Milliseconds;
  /** How long a key is held for our own writes to appear in the cache; 5 s unless told. */
  readonly catchUp?: Milliseconds;
}

/** Runs one definition: wakes its keys, works on them, and tries again what failed. */
export class Controller {
  readonly #definition: Definition;
  readonly #options: ControllerOptions;
  readonly #queue: WorkQueue;
  readonly #executor: Executor;
  readonly #log: Logger;
  readonly #unsubscribe: (() => void)[] = [];
  #workers: Promise<void>[] = [];

  constructor(definition: Definition, options: ControllerOptions) {
    this.#definition = definition;
    this.#options = options;
    this.#queue = new WorkQueue(options.clock, options.metrics.queue);
    this.#executor = new Executor({ ...options, fieldManager: `qi-learning-${definition.name}` });
    this.#log = options.log.child({ controller: definition.name });
    options.metrics.watch(this.#queue);
    this.#subscribe();
  }

  /** Wakes a key: for news that no watch brings, such as a fact. Standbys collect keys too, and start with them when elected. */
  enqueue(key: ObjectKey): void {
    this.#queue.add(keyText(key));
  }

  start(): void {
    const { concurrency = 1 } = this.#definition;
    this.#options.metrics.maxConcurrent(concurrency);
    this.#workers = Array.from({ length: concurrency }, () => this.#work());
  }

  /** Takes no more work, and resolves when what is being worked on has come to its end. */
  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    this.#queue.shutDown();
    await Promise.all(this.#workers);
  }

  #subscribe(): void {
    const { cache } = this.#options;
    const { primary, owns = [], watches = [] } = this.#definition;
    const wake = (key: ObjectKey) => this.enqueue(key);
    this.#unsubscribe.push(cache.onChange(primary, ({ object }) => wake(keyOf(object))));
    const group = apiVersionOf(primary).split("/")[0];
    for (const resource of owns)
      this.#unsubscribe.push(
        cache.onChange(resource, ({ object }) => {
          const owner = controllerOf(object);
          if (owner?.kind !== primary.kind || owner.apiVersion.split("/")[0] !== group) return;
          wake({ namespace: object.metadata.namespace ?? "", name: owner.name });
        }),
      );
    for (const { resource, map } of watches) {
      const wakeFor = (object: KubeObject) => {
        try {
          for (const key of map(object, cache)) wake(key);
        } catch (error) {
          // Thrown on, it would break the reflector that all controllers share, and again at each retry.
          this.#options.metrics.panicked();
          this.#log.error({ err: error, resource: resource.plural, object: keyText(keyOf(object)) }, "map threw");
        }
      };
      this.#unsubscribe.push(
        cache.onChange(resource, (event) => {
          // What an object stops concerning has changed as much as what it begins to concern.
          if (event.type === "Modified") wakeFor(event.old);
          wakeFor(event.object);
        }),
      );
    }
  }

  async #work(): Promise<void> {
    for (let key = await this.#queue.get(); key !== undefined; key = await this.#queue.get()) {
      await this.#reconcile(key);
      this.#queue.done(key);
    }
  }

  async #reconcile(key: string): Promise<void> {
    const { clock, metrics, timeout = 60_000 } = this.#options;
    const log = this.#log.child({ reconcileID: crypto.randomUUID(), object: key });
    const late = new AbortController();
    const cancel = clock.setTimer(timeout, () => {
      metrics.timedOut();
      late.abort(new RuntimeError("Timeout", `not done within ${timeout} ms`));
    });
    const startedAt = clock.elapsed();
    metrics.started();
    let result: Parameters<ControllerMetrics["finished"]>[0] = "error";
    try {
      result = await this.#once(key, late.signal, log);
    } catch (error) {
      this.#failed(key, error, log);
    } finally {
      cancel();
      metrics.finished(result, (clock.elapsed() - startedAt) / 1000);
    }
  }

  async #once(key: string, signal: AbortSignal, log: Logger) {
    const { cache } = this.#options;
    const planned = this.#plan(parseKey(key));
    if (planned === undefined) {
      this.#queue.forget(key);
      return "success";
    }
    const { primary, plan } = planned;
    if (plan.why.length > 0) log.info({ why: plan.why }, "planned");
    const execution = await this.#executor.execute(primary, plan, { signal });
    await this.#caughtUp(execution, signal, log);
    if (execution.outcome === "outdated") {
      // Somebody was faster. The event of what they wrote wakes the key; this is for when we have had it already.
      log.debug({}, "the world moved on: planning again");
      this.#queue.addRateLimited(key);
      return "requeue";
    }
    this.#queue.forget(key);
    // Nothing else may wake it: the record's own event can have come while the key was held.
    if (execution.outcome === "recorded" && cache.has(this.#definition.primary)) this.#queue.add(key);
    if (execution.requeueAfter === undefined) return "success";
    this.#queue.addAfter(key, execution.requeueAfter);
    return "requeue_after";
  }

  /** Reads and decides in one go, so that the decision is about the very objects read. */
  #plan(key: ObjectKey): { primary: KubeObject; plan: Plan<unknown> } | undefined {
    const { cache, clock, metrics } = this.#options;
    try {
      const snapshot = this.#definition.observe(key, cache);
      const primary = cache.get(this.#definition.primary, key);
      if (snapshot === undefined || primary === undefined) return undefined;
      return { primary, plan: this.#definition.plan(snapshot, clock.now()) };
    } catch (error) {
      metrics.panicked();
      throw new RuntimeError("Panic", `observe or plan threw: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
  }

  /** Holds the key until the cache shows our writes, or until waiting longer helps less than planning again. */
  async #caughtUp(execution: Execution, signal: AbortSignal, log: Logger): Promise<void> {
    const { cache, clock, catchUp = 5_000 } = this.#options;
    const all = () => execution.writes.every((seen) => seen());
    if (!(await cache.until(all, { clock, timeout: catchUp, signal })))
      log.warn({ catchUp }, "the cache does not show our writes yet");
  }

  #failed(key: string, error: unknown, log: Logger): void {
    if (hasCode(error, "Deposed")) {
      log.warn({}, (error as Error).message);
      return;
    }
    const failures = this.#queue.failures(key) + 1;
    log.error({ err: error, failures }, `reconcile failed: ${error instanceof Error ? error.message : String(error)}`);
    this.#queue.addRateLimited(key);
  }
}
