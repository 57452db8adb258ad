/** Milliseconds since the Unix epoch. */
export type Instant = number;

export type Milliseconds = number;

/** Time as an argument, so that tests own it. `src/runtime/clock.ts` has the real one, `src/testing/clock.ts` a manual one. */
export interface Clock {
  /** The wall clock: for times that people and other processes read. It may jump. */
  now(): Instant;
  /** A clock that never jumps or goes back: for deadlines and durations. Its zero means nothing. */
  elapsed(): Milliseconds;
  /** Resolves after `ms`; rejects with the signal's reason when that is aborted first. */
  sleep(ms: Milliseconds, signal?: AbortSignal): Promise<void>;
  /** Calls `fire` once after `ms`. Returns what cancels it. */
  setTimer(ms: Milliseconds, fire: () => void): () => void;
}
