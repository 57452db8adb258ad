import type { Instant, Milliseconds } from "../kube/clock.ts";
import type { KubeObject, Ref } from "../kube/object.ts";

export type { Instant, Milliseconds } from "../kube/clock.ts";

/** An Event that a plan wants its user to see; the executor deduplicates repeats. */
export interface PlannedEvent {
  readonly type: "Normal" | "Warning";
  /** UpperCamelCase, from the controller's enumerated list. */
  readonly reason: string;
  readonly message: string;
}

/** One change to an object that exists: what else it holds is somebody else's, or immutable. */
export interface Adjustment {
  readonly ref: Ref;
  /** As a JSON merge patch: `{ spec: { replicas: 0 } }`. */
  readonly change: Readonly<Record<string, unknown>>;
}

/**
 * What a controller wants the world to be, as data. The executor carries it out in this order:
 * finalizers → record → create → apply → adjust → remove → status → events.
 * A plan with `record` is carried out up to the record and no further: the next plan, which reads
 * the record back, acts on it. So no decision is acted on before it is durable.
 */
export interface Plan<Status> {
  /** The finalizers of ours that the primary should carry (others' are left alone). Absent: leave as they are. */
  readonly finalizers?: readonly string[];
  /** A decision that must be durable before it is acted on: the whole new status, written alone with a resourceVersion precondition. */
  readonly record?: Status;
  /**
   * Objects that are created once and never changed by us. One of the same name is left alone, and must be ours: the
   * same controller owner or, where nothing owns it, the same `learning.qi.dev/identity` annotation, else labels.
   */
  readonly create: readonly KubeObject[];
  /**
   * Objects kept as planned by server-side apply under this controller's field manager; ours in the same sense. A
   * Deployment's replicas are sent at its creation only: afterwards they belong to whoever scales it.
   */
  readonly apply: readonly KubeObject[];
  /** Single fields changed, each on the condition that the object is still as it was observed. */
  readonly adjust?: readonly Adjustment[];
  /** Objects removed, each with its uid as precondition. */
  readonly remove: readonly Ref[];
  /** The whole status as it should read; written only when it differs. Absent for a primary that is going away. */
  readonly status?: Status;
  readonly events: readonly PlannedEvent[];
  readonly requeueAfter?: Milliseconds;
  /** A sentence for each decision taken: logged, and compared in tests. */
  readonly why: readonly string[];
}

/** Something outside Kubernetes, as last polled. Unknown is not zero, not failure, and blocks no deletion. */
export type Fact<T> =
  | { readonly known: T; readonly at: Instant }
  | { readonly unknown: string; readonly since: Instant };
