import { deepFreeze } from "./json.ts";
import { controllerOf, type KubeObject, keyOf, keyText, type ObjectKey } from "./object.ts";

/** What changed in a store. */
export type CacheEvent<T extends KubeObject = KubeObject> =
  | { readonly type: "Added"; readonly object: T }
  | { readonly type: "Modified"; readonly object: T; readonly old: T }
  | { readonly type: "Deleted"; readonly object: T };

/** Under which values an object is found again. Must not throw, whatever the object: it runs inside the reflector. */
export type IndexFunction<T> = (object: T) => readonly string[];

/** The index that every store has: the uid of the owner that controls an object. */
export const OWNER_INDEX = "owner";

/** The objects of one kind, as last seen: what a reflector fills and a cache reads. */
export class Store<T extends KubeObject = KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #functions = new Map<string, IndexFunction<T>>();
  /** index name → value → keys. */
  readonly #indexes = new Map<string, Map<string, Set<string>>>();
  readonly #handlers = new Set<(event: CacheEvent<T>) => void>();
  readonly #transform: ((object: T) => T) | undefined;
  /** The newest resourceVersion that the server has told us everything up to. Empty before the first list. */
  #seen = "";

  constructor(indexes: Readonly<Record<string, IndexFunction<T>>> = {}, transform?: (object: T) => T) {
    this.#transform = transform;
    this.#functions.set(OWNER_INDEX, (object) => {
      const owner = controllerOf(object);
      return owner === undefined ? [] : [owner.uid];
    });
    for (const [name, values] of Object.entries(indexes)) this.#functions.set(name, values);
    for (const name of this.#functions.keys()) this.#indexes.set(name, new Map());
  }

  get synced(): boolean {
    return this.#seen !== "";
  }

  get size(): number {
    return this.#objects.size;
  }

  /** An object from the server as it is kept here. managedFields are a fifth of an object, and nobody reads them. */
  shape(object: T): T {
    const { managedFields: _, ...metadata } = object.metadata as T["metadata"] & { managedFields?: unknown };
    const stripped = { ...object, metadata };
    return this.#transform?.(stripped) ?? stripped;
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(keyText(key));
  }

  all(): readonly T[] {
    return [...this.#objects.values()];
  }

  indexed(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`no index ${name}: the store has ${[...this.#indexes.keys()].join(", ")}`);
    const found: T[] = [];
    for (const key of index.get(value) ?? []) {
      const object = this.#objects.get(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  /** Whether what the server knew of an object at `resourceVersion` is known here. */
  observedAtLeast(key: ObjectKey, resourceVersion: string): boolean {
    const held = this.get(key)?.metadata.resourceVersion;
    return isAtLeast(this.#seen, resourceVersion) || (held !== undefined && isAtLeast(held, resourceVersion));
  }

  onChange(handler: (event: CacheEvent<T>) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** Takes a complete list for the truth: what is not in it is gone. */
  replace(objects: readonly T[], resourceVersion: string): void {
    // First, so that handlers of the first list find the store synced. Set, not advanced: a list is the truth even
    // when the server, restored from a backup, counts from further back.
    this.#seen = resourceVersion;
    const listed = new Set<string>();
    for (const object of objects) {
      listed.add(keyText(keyOf(object)));
      this.#put(object);
    }
    for (const [key, object] of [...this.#objects]) if (!listed.has(key)) this.#drop(key, object);
  }

  put(object: T): void {
    const { resourceVersion } = object.metadata;
    const held = this.get(keyOf(object))?.metadata.resourceVersion;
    if (resourceVersion !== undefined) this.#advance(resourceVersion);
    // A resumed watch may repeat what we know; going back in time would show handlers a past that is over.
    if (held !== undefined && resourceVersion !== undefined && isAtLeast(held, resourceVersion)) return;
    this.#put(object);
  }

  /** `object` is its last state, with the resourceVersion of the deletion. */
  remove(object: T): void {
    const { resourceVersion } = object.metadata;
    if (resourceVersion !== undefined) this.#advance(resourceVersion);
    const key = keyText(keyOf(object));
    const held = this.#objects.get(key);
    if (held === undefined) return;
    const newer = held.metadata.resourceVersion;
    const recreated = newer !== undefined && resourceVersion !== undefined && !isAtLeast(resourceVersion, newer);
    if (!recreated) this.#drop(key, object);
  }

  /** Everything up to `resourceVersion` has been told, although nothing may have changed. */
  bookmark(resourceVersion: string): void {
    this.#advance(resourceVersion);
  }

  #advance(resourceVersion: string): void {
    if (!isAtLeast(this.#seen, resourceVersion)) this.#seen = resourceVersion;
  }

  #put(object: T): void {
    const key = keyText(keyOf(object));
    const old = this.#objects.get(key);
    if (old?.metadata.resourceVersion !== undefined && old.metadata.resourceVersion === object.metadata.resourceVersion)
      return;
    if (old !== undefined) this.#index(key, old, "delete");
    this.#objects.set(key, deepFreeze(object));
    this.#index(key, object, "add");
    if (old === undefined) this.#tell({ type: "Added", object });
    else if (old.metadata.uid === object.metadata.uid) this.#tell({ type: "Modified", object, old });
    else {
      // Deleted and created again between two looks: whoever knew the first one must hear that it is gone.
      this.#tell({ type: "Deleted", object: old });
      this.#tell({ type: "Added", object });
    }
  }

  #drop(key: string, last: T): void {
    const held = this.#objects.get(key);
    if (held !== undefined) this.#index(key, held, "delete");
    this.#objects.delete(key);
    this.#tell({ type: "Deleted", object: deepFreeze(last) });
  }

  #index(key: string, object: T, change: "add" | "delete"): void {
    for (const [name, values] of this.#functions) {
      const index = this.#indexes.get(name);
      if (index === undefined) continue;
      for (const value of values(object)) {
        const keys = index.get(value) ?? new Set<string>();
        keys[change](key);
        if (keys.size === 0) index.delete(value);
        else index.set(value, keys);
      }
    }
  }

  #tell(event: CacheEvent<T>): void {
    for (const handler of this.#handlers) handler(event);
  }
}

/** Whether `a` is as new as `b`. Resource versions of one server are ordered decimal numbers (KEP-5504), too long for a double. */
export function isAtLeast(a: string, b: string): boolean {
  return a.length === b.length ? a >= b : a.length > b.length;
}
