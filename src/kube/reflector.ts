import type { KubeApi, WatchEvent } from "./api.ts";
import type { CacheSource } from "./cache.ts";
import type { Clock, Milliseconds } from "./clock.ts";
import { ApiError, isExpired, refusal } from "./errors.ts";
import type { Log } from "./log.ts";
import type { KubeObject } from "./object.ts";
import { isAtLeast, type Store } from "./store.ts";
import { Watchdog } from "./watchdog.ts";

/** Where a reflector stands. Each state knows all that the next step needs, and a step leads from one to the next. */
export type ReflectorState =
  /** Nothing is known, or what is known is too old to go on from: the next step lists everything. */
  | { readonly at: "Unlisted" }
  /** The store holds everything up to `resourceVersion` and no watch is open: the next step opens one. */
  | { readonly at: "Listed"; readonly resourceVersion: string }
  /** A watch is open; following it ends when it closes, breaks, expires or falls silent. */
  | {
      readonly at: "Watching";
      readonly resourceVersion: string;
      readonly events: AsyncIterable<WatchEvent<KubeObject>>;
      readonly watchdog: Watchdog;
    }
  /** Something failed: the next step waits, and then goes on from `resume`. */
  | {
      readonly at: "BackingOff";
      readonly delay: Milliseconds;
      readonly resume: ReflectorState;
      readonly error: unknown;
    };

export interface ReflectorOptions {
  readonly api: KubeApi;
  readonly source: CacheSource;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1); Math.random unless told. */
  readonly random?: () => number;
  /** Silence after which a watch is taken for dead. Servers send a bookmark about every minute. */
  readonly idleTimeout?: Milliseconds;
  /** Called after each thing told to the store. */
  readonly told?: () => void;
}

const FIRST_DELAY: Milliseconds = 800;
const LONGEST_DELAY: Milliseconds = 30_000;
/**
 * Watching this long without a failure makes the failures before it history. Short beside client-go's two minutes: each
 * change of a CRD ends its watches, and a rollout of CRDs must not leave controllers blind for half a minute.
 */
const HEALTHY_AFTER: Milliseconds = 10_000;
/** A watch that ends sooner, having said nothing, is a failure: opening the next at once would spin. */
const SHORTEST_WATCH: Milliseconds = 1_000;
/** The server closes a watch after a time in this range, random so that a server's watches don't come back together. */
const WATCH_SECONDS = { least: 300, most: 600 };

/** Keeps a store true to the server: lists once, then follows, whatever happens to the connection. */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #random: () => number;
  #state: ReflectorState = { at: "Unlisted" };
  #failures = 0;
  /** client-go's answer to a continuation that expires while a large list is read: everything in one page. */
  #pageLimit: { limit: number } | undefined;
  #confirmedAt: Milliseconds | undefined;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  get state(): ReflectorState["at"] {
    return this.#state.at;
  }

  /** How long ago the server last confirmed what the store holds: by a list, an event, a bookmark or an accepted watch. */
  get age(): Milliseconds {
    return this.#confirmedAt === undefined
      ? Number.POSITIVE_INFINITY
      : this.#options.clock.elapsed() - this.#confirmedAt;
  }

  /** Runs until `signal` is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#state = await this.#step(this.#state, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#state = this.#failed(error, this.#state);
      }
    }
  }

  #step(state: ReflectorState, signal: AbortSignal): Promise<ReflectorState> {
    switch (state.at) {
      case "Unlisted":
        return this.#list(signal);
      case "Listed":
        return this.#open(state.resourceVersion, signal);
      case "Watching":
        return this.#follow(state, signal);
      case "BackingOff":
        return this.#wait(state.delay, state.resume, signal);
    }
  }

  async #list(signal: AbortSignal): Promise<ReflectorState> {
    const { api, source, store } = this.#options;
    const items: KubeObject[] = [];
    let resourceVersion = "";
    for await (const page of api.pages(source.resource, { ...selectionOf(source), ...this.#pageLimit, signal })) {
      for (const object of page.items) items.push(store.shape(object));
      resourceVersion = page.resourceVersion;
    }
    this.#pageLimit = undefined;
    store.replace(items, resourceVersion);
    this.#confirm();
    return { at: "Listed", resourceVersion };
  }

  async #open(resourceVersion: string, signal: AbortSignal): Promise<ReflectorState> {
    const { api, source, clock, idleTimeout = 120_000 } = this.#options;
    const watchdog = new Watchdog(clock, idleTimeout, signal);
    const { least, most } = WATCH_SECONDS;
    try {
      const events = await api.watch(source.resource, {
        ...selectionOf(source),
        resourceVersion,
        timeoutSeconds: Math.floor(least + this.#random() * (most - least)),
        signal: watchdog.signal,
      });
      this.#confirm();
      return { at: "Watching", resourceVersion, events, watchdog };
    } catch (error) {
      watchdog.stop();
      throw error;
    }
  }

  async #follow(watching: ReflectorState & { at: "Watching" }, signal: AbortSignal): Promise<ReflectorState> {
    const { clock, log, source } = this.#options;
    const openedAt = clock.elapsed();
    let { resourceVersion } = watching;
    let said = 0;
    const lasted = () => clock.elapsed() - openedAt;
    try {
      for await (const event of watching.events) {
        watching.watchdog.heard();
        if (event.type === "ERROR")
          throw refusal(`watch ${source.resource.plural}`, event.object.code ?? 500, event.object);
        const now = event.object.metadata.resourceVersion ?? resourceVersion;
        // A server that counts from behind where we are was restored from a backup: nothing we know is certain.
        if (event.type === "BOOKMARK" && !isAtLeast(now, resourceVersion)) return { at: "Unlisted" };
        this.#take(event, now);
        if (isAtLeast(now, resourceVersion)) resourceVersion = now;
        said += 1;
        this.#confirm();
      }
    } catch (error) {
      if (signal.aborted) throw error;
      if (lasted() >= HEALTHY_AFTER) this.#failures = 0;
      if (watching.watchdog.barked) {
        log.info({ resource: source.resource.plural }, "watch fell silent: opening another");
        return { at: "Listed", resourceVersion };
      }
      return this.#failed(error, { at: "Listed", resourceVersion });
    } finally {
      watching.watchdog.stop();
    }
    if (lasted() >= HEALTHY_AFTER) this.#failures = 0;
    const listed = { at: "Listed", resourceVersion } as const;
    if (said > 0 || lasted() >= SHORTEST_WATCH) return listed;
    return this.#failed(new Error("the server closed a new watch at once"), listed);
  }

  #take(event: Exclude<WatchEvent<KubeObject>, { type: "ERROR" }>, resourceVersion: string): void {
    const { store } = this.#options;
    if (event.type === "BOOKMARK") store.bookmark(resourceVersion);
    else if (event.type === "DELETED") store.remove(store.shape(event.object));
    else store.put(store.shape(event.object));
  }

  async #wait(delay: Milliseconds, resume: ReflectorState, signal: AbortSignal): Promise<ReflectorState> {
    await this.#options.clock.sleep(delay, signal);
    return resume;
  }

  /** Where to go on after a failure, and how long to wait before: as long as the server said, else longer each time. */
  #failed(error: unknown, from: ReflectorState): ReflectorState {
    const { log, source } = this.#options;
    const expired = isExpired(error);
    if (expired && from.at === "Unlisted") this.#pageLimit = { limit: 0 };
    const resume: ReflectorState = expired ? { at: "Unlisted" } : from;
    const message = error instanceof Error ? error.message : String(error);
    // The first expiry is ordinary (a quiet kind, a compaction), and the list it asks for is at once.
    const atOnce = expired && this.#failures === 0;
    const backoff = Math.min(FIRST_DELAY * 2 ** this.#failures, LONGEST_DELAY);
    this.#failures += 1;
    if (atOnce) return resume;
    const asked = error instanceof ApiError ? (error.retryAfter ?? 0) : 0;
    const delay = Math.max(asked, backoff) * (1 + this.#random());
    log.warn({ resource: source.resource.plural, delay, failures: this.#failures }, `reflector: ${message}`);
    return { at: "BackingOff", delay, resume, error };
  }

  #confirm(): void {
    this.#confirmedAt = this.#options.clock.elapsed();
    this.#options.told?.();
  }
}

function selectionOf({ namespace, labelSelector, fieldSelector }: CacheSource) {
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}
