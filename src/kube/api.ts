import type { KubeObject, ObjectKey, Ref, Resource } from "./object.ts";

/**
 * What this project asks of an API server. `Client` speaks it over HTTP; the in-memory world of the tests implements
 * the same. Every call rejects with `ApiError` when the server answers with an error, and with whatever `signal` was
 * aborted with when it was aborted.
 */
export interface KubeApi {
  /** Undefined when there is no such object. */
  get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey, options?: Cancellable): Promise<T | undefined>;
  /** All objects of a kind, read in pages. */
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<ObjectList<T>>;
  /** The same, a page at a time, so that a large list neither blocks the process nor stands in memory whole. */
  pages<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): AsyncIterable<ObjectList<T>>;
  /** Fails with reason AlreadyExists rather than touch an existing object. */
  create<T extends KubeObject>(object: T, options: WriteOptions): Promise<T>;
  /** Server-side apply, forced. `metadata.resourceVersion` and `metadata.uid`, when given, are preconditions. */
  apply<T extends KubeObject>(object: T, options: WriteOptions & Subresource): Promise<T>;
  /** JSON merge patch. A `metadata.resourceVersion` in the body is a precondition. */
  patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    body: object,
    options: WriteOptions & Subresource,
  ): Promise<T>;
  /** Replaces the object; its `metadata.resourceVersion` is the precondition. */
  update<T extends KubeObject>(object: T, options: WriteOptions & Subresource): Promise<T>;
  /** Deletes exactly the object named. That it is gone already, or that another has its name, is success. */
  remove(ref: Ref, options?: RemoveOptions): Promise<void>;
  /** The end of a container's log, as text. */
  logs(pod: ObjectKey, container: string, options?: LogOptions): Promise<string>;
  /** Resolves once the server has accepted the watch. The iteration ends when the server closes it. */
  watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions): Promise<AsyncIterable<WatchEvent<T>>>;
}

export interface Cancellable {
  readonly signal?: AbortSignal;
}

export interface WriteOptions extends Cancellable {
  readonly fieldManager: string;
}

export interface Subresource {
  readonly subresource?: "status" | "scale";
}

export interface RemoveOptions extends Cancellable {
  /** Background unless told: dependents go after the object, and the call does not wait for them. */
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
}

/** Which objects of a kind: all namespaces unless one is named. */
export interface Selection {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ListOptions extends Selection, Cancellable {
  /** Objects a page; 500 unless told, 0 for everything in one answer. */
  readonly limit?: number;
}

export interface ObjectList<T> {
  readonly items: readonly T[];
  /** Where a watch that misses nothing starts. */
  readonly resourceVersion: string;
}

export interface WatchOptions extends Selection {
  readonly resourceVersion: string;
  /** After this the server closes the watch. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

export type WatchEvent<T> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK"; readonly object: T }
  | { readonly type: "ERROR"; readonly object: Status };

/** What an API server says when it refuses, and at the end of a watch that it cannot go on with. */
export interface Status {
  readonly kind?: "Status";
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly retryAfterSeconds?: number; readonly uid?: string };
}

export interface LogOptions extends Cancellable {
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  readonly limitBytes?: number;
  /** The log of the container's previous run. */
  readonly previous?: boolean;
}
