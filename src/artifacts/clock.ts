import { setTimeout } from "node:timers/promises";

/** Time as an argument, so that no test waits for it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: Date.now,
  async sleep(ms, signal) {
    await setTimeout(ms, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      throw signal?.aborted === true ? signal.reason : error;
    });
  },
};

/** Exponential, capped, with full jitter over its upper half: many waiting at once spread out. `attempt` counts from 0. */
export function backoff(attempt: number, { base, cap }: { base: number; cap: number }, random = Math.random): number {
  const whole = Math.min(cap, base * 2 ** Math.min(attempt, 30));
  return Math.round(whole * (0.5 + random() / 2));
}
