import type { Milliseconds } from "../../kube/clock.ts";

/** How often work is handed out before it is buried. */
export const MAX_DELIVERIES = 5;

/**
 * Handed out this often and still here: its worker may have died of it, so the next one gets it alone. What shares a
 * batch with it would otherwise be counted, and in the end buried, together with it.
 */
export const SUSPECT_AFTER = 1;

export interface RetryDelays {
  readonly base: Milliseconds;
  readonly cap: Milliseconds;
}
export const RETRY_DELAYS: RetryDelays = { base: 1000, cap: 30_000 };

/** How long work that could not be done waits before it is handed out again: doubled each time. */
export function retryDelay(deliveries: number, { base, cap }: RetryDelays): Milliseconds {
  return Math.min(cap, base * 2 ** Math.max(0, deliveries - 1));
}

/** The reason of work that nobody ever answered for, after what was last said of it. */
export function lostReason(last: string | undefined): string {
  return last === undefined ? "WorkerLost: no worker ever answered" : `WorkerLost: last was ${last}`;
}
