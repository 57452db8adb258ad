import type { Instant } from "../model.ts";
import type { WorkFigures, WorkRef } from "../store/port.ts";

/** Something to assess, held by this consumer until it is settled or the hold ends. */
export interface Delivery {
  readonly ref: WorkRef;
  /** Times it was handed out, this one included. */
  readonly deliveries: number;
  /** Opaque to all but the queue that made it. */
  readonly receipt: string;
}

/**
 * Brings work to workers. Only a hint of it may be lost or repeated: the truth is the store's `work`, and the row goes
 * with the score. Redis Streams, or the table itself; one conformance suite for both.
 */
export interface WorkQueue {
  /** Tells that there may be new rows: relays them at once. Never throws; what fails is relayed later. */
  nudge(): void;
  /** Up to `max`, as soon as there is one; an empty list after `waitMs`. Includes what dead consumers held. */
  take(max: number, waitMs: number): Promise<readonly Delivery[]>;
  /** The work is done (its row is gone). */
  done(deliveries: readonly Delivery[]): Promise<void>;
  /** Could not be done now: handed out again, to anyone. After five deliveries it is buried with the reason. */
  failed(deliveries: readonly Delivery[], reason: string): Promise<void>;
  figures(now: Instant): Promise<WorkFigures>;
  /** Stops taking; what is held goes back. */
  close(): Promise<void>;
}
