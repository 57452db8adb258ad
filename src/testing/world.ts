import type { ObjectList, Selection, WatchEvent } from "../kube/api.ts";
import type { Clock } from "../kube/clock.ts";
import { refusal } from "../kube/errors.ts";
import { canonical, deepFreeze } from "../kube/json.ts";
import { type ManagedFields, managedFieldsOf, union } from "../kube/managed.ts";
import {
  type KubeObject,
  keyOf,
  keyText,
  type ObjectKey,
  type Ref,
  type Resource,
  resourceOf,
} from "../kube/object.ts";
import { ManualClock } from "./clock.ts";
import { type Connection, Crash, type CrashPoint, connectTo } from "./connection.ts";
import { changedFields, intersect, merge, mergePatch, minus, ownable, removeFields } from "./fields.ts";

type Stored = KubeObject & { readonly spec?: unknown; readonly status?: unknown };
type Write = "create" | "apply" | "patch" | "update" | "remove";

interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: Stored;
  readonly version: number;
}

/**
 * The part of an API server that an operator can tell apart from a real one, in memory: resource versions, conflicts,
 * uids, generations, the status subresource, finalizers, garbage collection, field ownership, watches. The contract
 * suite in e2e runs the same questions against both.
 */
export class World {
  readonly clock: Clock;
  /** What the server makes of an object that is written: its defaults and its way of writing values. */
  readonly normalise: (object: KubeObject) => KubeObject;
  readonly #objects = new Map<string, Stored>();
  readonly #changes: Change[] = [];
  readonly #watchers = new Set<() => void>();
  #version = 100;
  #uids = 0;
  /** Watches and continuations from before this are too old. */
  #forgotten = 0;

  constructor(options: { clock?: Clock; normalise?: (object: KubeObject) => KubeObject } = {}) {
    this.clock = options.clock ?? new ManualClock();
    this.normalise = options.normalise ?? ((object) => object);
  }

  /** All objects, or those of a kind, by key: for a test to look at. */
  objects(kind?: string): readonly KubeObject[] {
    const all = [...this.#objects.values()].filter((object) => kind === undefined || object.kind === kind);
    return all.sort((a, b) => (`${a.kind} ${keyText(keyOf(a))}` < `${b.kind} ${keyText(keyOf(b))}` ? -1 : 1));
  }

  /** As if etcd were compacted now: what watches from before has to list anew. */
  compact(): void {
    this.#forgotten = this.#version;
  }

  /** One process's way in. It dies before or after its n-th write (counted from 1) when told to. */
  connect(crash?: CrashPoint): Connection {
    return connectTo(this, crash);
  }

  get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey): T | undefined {
    return this.#objects.get(idOf(resource, key)) as T | undefined;
  }

  list<T extends KubeObject>(resource: Resource<T>, selection: Selection = {}): ObjectList<T> {
    const items = this.objects(resource.kind).filter((object) => selects(selection, object) && isOf(resource, object));
    return { items: items as T[], resourceVersion: String(this.#version) };
  }

  /** Throws at once when it is asked for a past that is forgotten. */
  follow<T extends KubeObject>(
    resource: Resource<T>,
    options: Selection & { resourceVersion: string; signal: AbortSignal },
    state: { crashed: boolean },
  ): AsyncIterable<WatchEvent<T>> {
    if (Number(options.resourceVersion) < this.#forgotten)
      throw refusal(`watch ${resource.plural}`, 410, { reason: "Expired" });
    return this.#events(resource, options, state);
  }

  async *#events<T extends KubeObject>(
    resource: Resource<T>,
    options: Selection & { resourceVersion: string; signal: AbortSignal },
    state: { crashed: boolean },
  ): AsyncGenerator<WatchEvent<T>> {
    let next = this.#changes.findIndex((change) => change.version > Number(options.resourceVersion));
    if (next < 0) next = this.#changes.length;
    while (!options.signal.aborted && !state.crashed) {
      for (let change = this.#changes[next]; change !== undefined; change = this.#changes[next]) {
        next += 1;
        if (isOf(resource, change.object) && selects(options, change.object))
          yield { type: change.type, object: change.object as unknown as T };
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#watchers.delete(wake);
          resolve();
        };
        this.#watchers.add(wake);
        options.signal.addEventListener("abort", wake, { once: true });
      });
    }
    throw options.signal.reason ?? new Crash("this process is dead");
  }

  create<T extends KubeObject>(object: T, manager: string): T {
    const id = idOf(resourceOf(object), keyOf(object));
    if (this.#objects.has(id)) throw this.#refuse("create", object, 409, "AlreadyExists", "already exists");
    this.#uids += 1;
    const { status: _, ...rest } = clean(object) as Stored;
    const entry: ManagedFields = { manager, operation: "Update", fieldsV1: ownable(rest) };
    const metadata = {
      ...rest.metadata,
      uid: `uid-${this.#uids}`,
      generation: 1,
      creationTimestamp: new Date(this.clock.now()).toISOString(),
      managedFields: [entry],
    };
    return this.#store("ADDED", { ...rest, metadata } as Stored) as unknown as T;
  }

  apply<T extends KubeObject>(object: T, manager: string, subresource?: string): T {
    const wanted = clean(object) as Stored;
    const live = this.#live("apply", wanted);
    const { uid: _u, resourceVersion: _v, ...metadata } = wanted.metadata;
    // Each subresource takes its own part of the object, and drops the rest.
    const { status, ...main } = { ...wanted, metadata };
    const part = subresource === "status" ? { status } : main;
    const fields = ownable(part);
    const entries = managedFieldsOf(live);
    const isMine = (entry: ManagedFields) =>
      entry.manager === manager && entry.operation === "Apply" && entry.subresource === subresource;
    const others = entries.filter((entry) => !isMine(entry));
    const before = entries.find(isMine)?.fieldsV1 ?? {};
    const dropped = others.reduce((left, entry) => minus(left, entry.fieldsV1 ?? {}), minus(before, fields));
    const merged = merge(removeFields(live, dropped), part) as Stored;
    // Forced: what others owned and we now set otherwise is ours.
    const taken = ownable(changedFields(live, merged));
    const left = others.map((entry) => ({ ...entry, fieldsV1: minus(entry.fieldsV1 ?? {}, intersect(taken, fields)) }));
    const entry: ManagedFields = {
      manager,
      operation: "Apply",
      fieldsV1: fields,
      ...(subresource === undefined ? {} : { subresource }),
    };
    return this.#replace(live, merged, [
      ...left.filter((one) => Object.keys(one.fieldsV1 ?? {}).length > 0),
      entry,
    ]) as unknown as T;
  }

  patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    body: object,
    manager: string,
    subresource?: string,
  ): T {
    const live = this.#objects.get(idOf(resource, key));
    const preconditions = (body as { metadata?: Partial<KubeObject["metadata"]> }).metadata ?? {};
    const named = { apiVersion: "", ...live, kind: resource.kind, metadata: { ...key, ...preconditions } } as Stored;
    if (live === undefined) throw this.#refuse("patch", named, 404, "NotFound", "not found");
    this.#check("patch", named, live);
    return this.#overwrite(live, mergePatch(live, clean(body)) as Stored, manager, subresource) as unknown as T;
  }

  update<T extends KubeObject>(object: T, manager: string, subresource?: string): T {
    const live = this.#live("update", object);
    const managedFields = managedFieldsOf(live);
    const next = clean(object) as Stored;
    return this.#overwrite(
      live,
      { ...next, metadata: { managedFields, ...next.metadata } } as Stored,
      manager,
      subresource,
    ) as unknown as T;
  }

  /** A write that is not an apply: it owns what it changes, and nobody else does any more. */
  #overwrite(live: Stored, next: Stored, manager: string, subresource?: string): Stored {
    const written = subresource === "status" ? { ...live, status: next.status } : { ...next, status: live.status };
    const changed = ownable(changedFields(live, clean(written)));
    const entries = managedFieldsOf(written as KubeObject).map((entry) => ({
      ...entry,
      fieldsV1: minus(entry.fieldsV1 ?? {}, changed),
    }));
    const isMine = (entry: ManagedFields) =>
      entry.manager === manager && entry.operation === "Update" && entry.subresource === subresource;
    const mine = union(entries.find(isMine)?.fieldsV1 ?? {}, changed);
    const entry: ManagedFields = {
      manager,
      operation: "Update",
      fieldsV1: mine,
      ...(subresource === undefined ? {} : { subresource }),
    };
    const all = [...entries.filter((one) => !isMine(one)), entry].filter(
      (one) => Object.keys(one.fieldsV1 ?? {}).length > 0,
    );
    return this.#replace(live, written as Stored, all);
  }

  #replace(live: Stored, next: Stored, managedFields: readonly ManagedFields[]): Stored {
    const kept = {
      uid: live.metadata.uid,
      creationTimestamp: live.metadata.creationTimestamp,
      deletionTimestamp: live.metadata.deletionTimestamp,
    };
    const normal = this.normalise(clean(next)) as Stored;
    const specChanged = canonical(normal.spec) !== canonical(live.spec);
    const generation = (live.metadata.generation ?? 1) + (specChanged ? 1 : 0);
    const metadata = {
      ...normal.metadata,
      ...kept,
      generation,
      managedFields,
      resourceVersion: live.metadata.resourceVersion,
    };
    const result = clean({ ...normal, metadata }) as Stored;
    if (canonical(result) === canonical(live)) return live;
    if (result.metadata.deletionTimestamp !== undefined && !result.metadata.finalizers?.length)
      return this.#forget(result);
    return this.#store("MODIFIED", result);
  }

  remove(ref: Ref): void {
    const live = this.#objects.get(idOf(ref.resource, ref));
    if (live === undefined || live.metadata.uid !== ref.uid || live.metadata.deletionTimestamp !== undefined) return;
    if (!live.metadata.finalizers?.length) return void this.#forget(live);
    const deletionTimestamp = new Date(this.clock.now()).toISOString();
    this.#store("MODIFIED", { ...live, metadata: { ...live.metadata, deletionTimestamp } });
  }

  /** Gone from the store, and with it what it owned: nothing waits for a garbage collector here. */
  #forget(object: Stored): Stored {
    this.#objects.delete(idOf(resourceOf(object), keyOf(object)));
    const last = this.#tell("DELETED", object);
    for (const other of [...this.#objects.values()]) {
      const owners = other.metadata.ownerReferences ?? [];
      if (!owners.some((owner) => owner.uid === object.metadata.uid)) continue;
      const living = owners.filter((owner) =>
        [...this.#objects.values()].some((one) => one.metadata.uid === owner.uid),
      );
      if (living.length === 0)
        this.remove({ ...keyOf(other), resource: resourceOf(other), uid: other.metadata.uid ?? "" });
    }
    return last;
  }

  #store(type: Change["type"], object: Stored): Stored {
    const stored = this.#tell(type, this.normalise(object) as Stored);
    this.#objects.set(idOf(resourceOf(stored), keyOf(stored)), stored);
    return stored;
  }

  #tell(type: Change["type"], object: Stored): Stored {
    this.#version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    const told = deepFreeze(structuredClone({ ...object, metadata }));
    this.#changes.push({ type, object: told, version: this.#version });
    for (const wake of [...this.#watchers]) wake();
    return told;
  }

  #live(verb: Write, object: KubeObject): Stored {
    const live = this.#objects.get(idOf(resourceOf(object), keyOf(object)));
    // As a real server answers: a precondition on something that is not there is a conflict.
    if (live === undefined && object.metadata.uid !== undefined)
      throw this.#refuse(verb, object, 409, "Conflict", "no existing object was found");
    if (live === undefined) throw this.#refuse(verb, object, 404, "NotFound", "not found");
    this.#check(verb, object, live);
    return live;
  }

  #check(verb: Write, object: KubeObject, live: Stored): void {
    const { uid, resourceVersion } = object.metadata;
    const differs =
      (uid ?? live.metadata.uid) !== live.metadata.uid ||
      (resourceVersion ?? live.metadata.resourceVersion) !== live.metadata.resourceVersion;
    if (differs) throw this.#refuse(verb, object, 409, "Conflict", "the object has been modified");
  }

  #refuse(verb: string, object: KubeObject, code: number, reason: string, message: string) {
    return refusal(`${verb} ${object.kind} ${keyText(keyOf(object))}`, code, { reason, message });
  }
}

const idOf = (resource: Resource, key: ObjectKey) => `${resource.group} ${resource.kind} ${keyText(key)}`;

const isOf = (resource: Resource, object: KubeObject) =>
  resourceOf(object).group === resource.group && object.kind === resource.kind;

/** Namespaces and equality of labels, which is all that this project selects by. */
function selects({ namespace, labelSelector }: Selection, object: KubeObject): boolean {
  if (namespace !== undefined && object.metadata.namespace !== namespace) return false;
  return (labelSelector ?? "")
    .split(",")
    .filter(Boolean)
    .every((term) => {
      const [name = "", value] = term.split("=");
      return value === undefined
        ? object.metadata.labels?.[name] !== undefined
        : object.metadata.labels?.[name] === value;
    });
}

/** As it travels: no undefined, no shared parts. */
const clean = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
