import type { KubeApi } from "./api.ts";
import type { Clock, Milliseconds } from "./clock.ts";
import { isNotFound } from "./errors.ts";
import type { Log } from "./log.ts";
import { type KubeObject, keyOf, keyText } from "./object.ts";
import { type CoreEvent, Events } from "./resources.ts";

export interface Occurrence {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

export interface EventRecorderOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly log: Log;
  /** The controller, as `kubectl describe` shows it under From. */
  readonly component: string;
  /** The pod. */
  readonly instance?: string;
}

/** What has been told already, so that a repeat counts up instead of adding another. */
interface Told {
  readonly name: string;
  /** How often it happened, including the times that the spam filter kept from being written. */
  count: number;
  readonly firstAt: Milliseconds;
}

/** client-go's spam filter: a burst of 25 on one object, and then one in five minutes. */
const BURST = 25;
const REFILL: Milliseconds = 300_000;
/** After this a repeat is news again, and gets an Event of its own. */
const FORGET_AFTER: Milliseconds = 600_000;
const REMEMBERED = 4096;
const LONGEST_QUEUE = 1000;
/** The API server's limit. */
const MESSAGE_LIMIT = 1024;

/** Writes Events, behind the caller's back: recording never waits, never fails, and never takes more than its share. */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #told = new Map<string, Told>();
  readonly #buckets = new Map<string, { tokens: number; at: Milliseconds }>();
  #queued = 0;
  #tail: Promise<void> = Promise.resolve();
  #serial = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  record(object: KubeObject, occurrence: Occurrence): void {
    if (this.#queued >= LONGEST_QUEUE) return;
    this.#queued += 1;
    this.#tail = this.#tail
      .then(() => this.#write(object, occurrence))
      .finally(() => {
        this.#queued -= 1;
      });
  }

  /** Resolves when all recorded so far has been written or given up. */
  flush(): Promise<void> {
    return this.#tail;
  }

  async #write(object: KubeObject, { type, reason, message }: Occurrence): Promise<void> {
    const { api, clock, log, component } = this.#options;
    const identity = [object.metadata.uid ?? keyText(keyOf(object)), type, reason, message].join("\n");
    const namespace = object.metadata.namespace ?? "default";
    const before = this.#recall(identity);
    const count = (before?.count ?? 0) + 1;
    if (before !== undefined) before.count = count;
    if (!this.#admits(object.metadata.uid ?? keyText(keyOf(object)))) return;
    try {
      if (before !== undefined && (await this.#countUp(namespace, before.name, count))) return;
      const event = this.#event(object, namespace, { type, reason, message });
      await api.create(event, { fieldManager: component });
      remember(this.#told, identity, { name: event.metadata.name, count: 1, firstAt: clock.elapsed() });
    } catch (error) {
      log.debug({ reason }, `event not recorded: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** False when the server has dropped the event (after an hour, usually): it is then written anew. */
  async #countUp(namespace: string, name: string, count: number): Promise<boolean> {
    const { api, clock, component } = this.#options;
    const body = { count, lastTimestamp: new Date(clock.now()).toISOString() };
    try {
      await api.patch(Events, { namespace, name }, body, { fieldManager: component });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  #event(object: KubeObject, namespace: string, { type, reason, message }: Occurrence): CoreEvent {
    const { clock, component, instance } = this.#options;
    const now = new Date(clock.now()).toISOString();
    const { name, uid, resourceVersion } = object.metadata;
    this.#serial += 1;
    // Unique among recorders and restarts by the time, and within this one by the number.
    const suffix = `${clock.now().toString(16)}${(this.#serial % 4096).toString(16).padStart(3, "0")}`;
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: `${name.slice(0, 230)}.${suffix}`, namespace },
      involvedObject: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        name,
        ...(object.metadata.namespace === undefined ? {} : { namespace }),
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      },
      type,
      reason,
      message: message.length > MESSAGE_LIMIT ? `${message.slice(0, MESSAGE_LIMIT - 1)}…` : message,
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      source: { component, ...(instance === undefined ? {} : { host: instance }) },
      reportingComponent: component,
      reportingInstance: instance ?? component,
    };
  }

  #recall(identity: string): Told | undefined {
    const told = this.#told.get(identity);
    if (told === undefined || this.#options.clock.elapsed() - told.firstAt > FORGET_AFTER) return undefined;
    return told;
  }

  #admits(object: string): boolean {
    const now = this.#options.clock.elapsed();
    const bucket = this.#buckets.get(object) ?? { tokens: BURST, at: now };
    const tokens = Math.min(BURST, bucket.tokens + (now - bucket.at) / REFILL);
    remember(this.#buckets, object, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
    return tokens >= 1;
  }
}

/** Sets an entry as the newest, and lets the oldest go when there are too many. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= REMEMBERED) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
