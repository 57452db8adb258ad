import type { Cache } from "../kube/cache.ts";
import type { KubeObject, ObjectKey, Resource } from "../kube/object.ts";
import type { Instant, Plan } from "./plan.ts";

/**
 * A controller, as data and two functions. `observe` reads, `plan` decides, and everything else (when to run, in what
 * order to write, what to do about errors) is the runtime's and the same for all.
 */
export interface Definition<Primary extends KubeObject = KubeObject, Status = unknown, Snapshot = unknown> {
  /** Lower case; names the queue, the metrics' `controller` label and the field manager `qi-learning-<name>`. */
  readonly name: string;
  readonly primary: Resource<Primary>;
  /** Kinds whose objects carry a controller owner reference to a primary: their changes wake that primary. */
  readonly owns?: readonly Resource[];
  readonly watches?: readonly Watched[];
  /** Reads only. Undefined when the primary is gone: there is then nothing to do. */
  observe(key: ObjectKey, cache: Cache): Snapshot | undefined;
  /** Pure and synchronous. */
  plan(snapshot: Snapshot, now: Instant): Plan<Status>;
  /** How many primaries are worked on at once (never one primary twice); 1 unless told. */
  readonly concurrency?: number;
}

/** Another kind whose changes matter, and which primaries one such change may concern. */
export interface Watched {
  readonly resource: Resource;
  map(object: KubeObject, cache: Cache): readonly ObjectKey[];
}
