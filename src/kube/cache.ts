import type { Clock, Milliseconds } from "./clock.ts";
import { apiVersionOf, type KubeObject, type ObjectKey, type Resource } from "./object.ts";
import { type CacheEvent, type IndexFunction, OWNER_INDEX, Store } from "./store.ts";

export { type CacheEvent, type IndexFunction, OWNER_INDEX } from "./store.ts";

/** A kind to keep, and which of its objects. One kind has one source, shared by all controllers. */
export interface CacheSource<T extends KubeObject = KubeObject> {
  readonly resource: Resource<T>;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  /** What is kept of an object, for large ones of which little is read. managedFields are never kept. */
  transform?(object: T): T;
}

export interface ListQuery {
  readonly namespace?: string;
  readonly index?: { readonly name: string; readonly value: string };
}

/**
 * Everything that controllers read, as last seen: frozen objects, never copied. Reading never waits and never asks the
 * server; reflectors (reflect.ts) keep it true.
 */
export class Cache {
  readonly sources: readonly CacheSource[];
  readonly #stores = new Map<string, Store>();
  readonly #waiters = new Set<() => void>();

  constructor(sources: readonly CacheSource[]) {
    this.sources = sources;
    for (const source of sources) {
      const name = nameOf(source.resource);
      if (this.#stores.has(name)) throw new Error(`two cache sources for ${name}`);
      this.#stores.set(name, new Store(source.indexes, source.transform?.bind(source)));
    }
  }

  get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey): T | undefined {
    return this.store(resource).get(key);
  }

  list<T extends KubeObject>(resource: Resource<T>, query: ListQuery = {}): readonly T[] {
    const store = this.store(resource);
    const found = query.index === undefined ? store.all() : store.indexed(query.index.name, query.index.value);
    if (query.namespace === undefined) return found;
    return found.filter((object) => object.metadata.namespace === query.namespace);
  }

  /** The objects of a kind that `owner` controls. */
  ownedBy<T extends KubeObject>(resource: Resource<T>, owner: KubeObject): readonly T[] {
    return owner.metadata.uid === undefined
      ? []
      : this.list(resource, { index: { name: OWNER_INDEX, value: owner.metadata.uid } });
  }

  /** Handlers are told after the cache has changed, in the order of the changes. Returns what stops the telling. */
  onChange<T extends KubeObject>(resource: Resource<T>, handler: (event: CacheEvent<T>) => void): () => void {
    return this.store(resource).onChange(handler);
  }

  /** Whether a kind is kept here at all. */
  has(resource: Resource): boolean {
    return this.#stores.has(nameOf(resource));
  }

  /** Whether a kind, or every kind, has been listed completely once. */
  hasSynced(resource?: Resource): boolean {
    if (resource !== undefined) return this.store(resource).synced;
    return [...this.#stores.values()].every((store) => store.synced);
  }

  /** Whether what the server knew of an object at `resourceVersion` can be read here: read-your-writes. */
  observedAtLeast(resource: Resource, key: ObjectKey, resourceVersion: string): boolean {
    return this.store(resource).observedAtLeast(key, resourceVersion);
  }

  /** Waits until `holds`, looking again whenever something is told. False when `timeout` passes first. */
  async until(
    holds: () => boolean,
    wait: { clock: Clock; timeout: Milliseconds; signal?: AbortSignal },
  ): Promise<boolean> {
    if (holds()) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const look = () => holds() && resolve(true);
    const giveUp = () => resolve(false);
    const cancel = wait.clock.setTimer(wait.timeout, giveUp);
    wait.signal?.addEventListener("abort", giveUp, { once: true });
    this.#waiters.add(look);
    try {
      return await promise;
    } finally {
      cancel();
      this.#waiters.delete(look);
      wait.signal?.removeEventListener("abort", giveUp);
    }
  }

  /** Called by whoever fills a store, after each thing told, bookmarks included. */
  told(): void {
    for (const look of [...this.#waiters]) look();
  }

  store<T extends KubeObject>(resource: Resource<T>): Store<T> {
    const store = this.#stores.get(nameOf(resource));
    if (store === undefined) throw new Error(`${nameOf(resource)} is not cached: add it to the cache's sources`);
    // The map is keyed by kind, and a kind has one type.
    return store as unknown as Store<T>;
  }
}

function nameOf(resource: Resource): string {
  return `${resource.plural} of ${apiVersionOf(resource)}`;
}
