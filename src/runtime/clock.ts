import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../kube/clock.ts";

export type { Clock, Instant, Milliseconds } from "../kube/clock.ts";

/** Longer timers than this overflow Node's and fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await sleep(Math.min(Math.max(ms, 0), LONGEST_TIMER), undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
  setTimer: (ms, fire) => {
    const timer = setTimeout(fire, Math.min(Math.max(ms, 0), LONGEST_TIMER));
    return () => clearTimeout(timer);
  },
};
