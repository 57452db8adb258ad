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

/**
 * What a controller wants the world to be, as data. The executor carries it out in this order:
 * finalizers → record → create → apply → remove → status → events.
 * A plan with `record` is carried out up to the record and no further: the next plan, which reads
 * the record back, acts on it. So no decision is acted on before it is durable.
 */
export interface Plan<Status> {
  /** The finalizers of ours that the primary should carry (others' are left alone). Absent: leave as they are. */
  readonly finalizers?: readonly string[];
  /** A decision that must be durable before it is acted on: the whole new status, written alone with a resourceVersion precondition. */
  readonly record?: Status;
  /** Objects that are created once and never changed by us. Existing ones of the same name are left alone. */
  readonly create: readonly KubeObject[];
  /** Objects kept as planned by server-side apply under this controller's field manager. */
  readonly apply: readonly KubeObject[];
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
