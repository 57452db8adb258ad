import type { DropReason } from "./events.ts";

/** recorded = sent + dropped + queued, at every moment. */
export interface HookStats {
  /** Calls of `record` and of feedback. */
  readonly recorded: number;
  /** Stored by the server. */
  readonly sent: number;
  readonly dropped: number;
  readonly droppedFor: Readonly<Record<DropReason, number>>;
  /** Waiting or on their way. */
  readonly queued: number;
  /** What the queued take in memory, at most (estimated at two bytes a character). */
  readonly queuedBytes: number;
  readonly requests: number;
  readonly sentBytes: number;
  /** Items that were sent once more. */
  readonly retried: number;
  /** Optional parts that were left out since the API would not take them. */
  readonly leftOut: number;
  /** Listeners that threw or rejected. */
  readonly listenerErrors: number;
}

export class Tally {
  recorded = 0;
  sent = 0;
  dropped = 0;
  requests = 0;
  sentBytes = 0;
  retried = 0;
  leftOut = 0;
  listenerErrors = 0;
  readonly #reasons: Record<DropReason, number> = {
    invalid: 0,
    tooLarge: 0,
    full: 0,
    closed: 0,
    disabled: 0,
    refused: 0,
    unknownInteraction: 0,
    interactionDropped: 0,
    gaveUp: 0,
    serverFailed: 0,
  };

  drop(reason: DropReason, count = 1): void {
    this.dropped += count;
    this.#reasons[reason] += count;
  }

  droppedFor(): Record<DropReason, number> {
    return { ...this.#reasons };
  }
}
