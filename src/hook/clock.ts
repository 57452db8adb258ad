/** Time as an argument. */
export interface Clock {
  /** Milliseconds since the Unix epoch; may be set back by an administrator. */
  now(): number;
  /** Milliseconds since some moment; never goes back. */
  elapsed(): number;
  /** Fires once and keeps no process alive. Returns what cancels it. */
  setTimer(ms: number, fire: () => void): () => void;
}

/** Longer timers than this overflow Node's and fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  setTimer: (ms, fire) => {
    const timer = setTimeout(fire, Math.min(Math.max(ms, 0), LONGEST_TIMER)).unref();
    return () => clearTimeout(timer);
  },
};

/** Lets the agent's event loop turn. A timer, not setImmediate: an unref'd immediate waits for others to wake the loop. */
export const breath = (clock: Clock): Promise<void> => new Promise((resolve) => void clock.setTimer(0, resolve));
