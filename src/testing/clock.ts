import type { Clock, Instant, Milliseconds } from "../kube/clock.ts";

interface Timer {
  readonly at: Milliseconds;
  readonly fire: () => void;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  readonly #start: Instant;
  #elapsed: Milliseconds = 0;
  readonly #timers = new Set<Timer>();

  constructor(start: Instant = Date.UTC(2026, 0, 1)) {
    this.#start = start;
  }

  now(): Instant {
    return this.#start + this.#elapsed;
  }

  elapsed(): Milliseconds {
    return this.#elapsed;
  }

  sleep(ms: Milliseconds, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const aborted = () => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = this.setTimer(ms, () => {
        signal?.removeEventListener("abort", aborted);
        resolve();
      });
      signal?.addEventListener("abort", aborted, { once: true });
    });
  }

  setTimer(ms: Milliseconds, fire: () => void): () => void {
    const timer = { at: this.#elapsed + Math.max(ms, 0), fire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many sleepers and timers wait. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** How long until the next timer fires; undefined when none waits. */
  get next(): Milliseconds | undefined {
    const first = this.#first();
    return first && first.at - this.#elapsed;
  }

  /** Moves time on, firing what falls due in order, and lets what each wakes run before the next. */
  async advance(ms: Milliseconds): Promise<void> {
    const target = this.#elapsed + ms;
    await settle();
    for (let timer = this.#first(); timer !== undefined && timer.at <= target; timer = this.#first()) {
      this.#timers.delete(timer);
      this.#elapsed = Math.max(this.#elapsed, timer.at);
      timer.fire();
      await settle();
    }
    this.#elapsed = target;
  }

  #first(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) if (first === undefined || timer.at < first.at) first = timer;
    return first;
  }
}

/** Lets every promise that can go on do so, and one turn of the event loop pass. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Turns the event loop until `holds`; for what real sockets bring in their own time. Fails after about two seconds. */
export async function eventually(holds: () => boolean, what = "condition"): Promise<void> {
  const deadline = performance.now() + 2000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`${what} did not come about within 2 s`);
    await settle();
  }
}
