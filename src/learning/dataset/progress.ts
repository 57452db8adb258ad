import type { EventId, Instant } from "../model.ts";

/** Reading takes about this share of the time. */
const READING = 0.7;

export interface Progress {
  /** The newest id that was read. */
  read(id: EventId): void;
  /** Share of the shards that is written. */
  wrote(share: number): void;
}

/** How many candidates there are is known only at the end; but they come in the order of time, and time is in their ids. */
export function progressTo(asOf: Instant, tell: (share: number) => void): Progress {
  let first: Instant | undefined;
  let written = 0;
  return {
    read(id) {
      const at = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
      first ??= at;
      tell(READING * Math.min(1, Math.max(0, (at - first) / Math.max(1, asOf - first))));
    },
    wrote(share) {
      written += share;
      tell(Math.min(1, READING + (1 - READING) * written));
    },
  };
}
