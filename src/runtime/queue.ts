import type { Clock, Milliseconds } from "../kube/clock.ts";

/** What the metrics want to know of a queue. */
export interface QueueObserver {
  added?(): void;
  depth?(waiting: number): void;
  /** A worker took a key that had been ready for this long. */
  started?(waited: Milliseconds): void;
  finished?(worked: Milliseconds): void;
  retried?(): void;
}

/** controller-runtime's figures: 5 ms · 2ⁿ, at most 1000 s. */
const FIRST_DELAY: Milliseconds = 5;
const LONGEST_DELAY: Milliseconds = 1_000_000;

/**
 * Keys waiting to be worked on. A key waits at most once, however often it is added, at the earliest time asked for;
 * and it is worked on by one worker at a time: added while held, it waits until it is done.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #observer: QueueObserver;
  /** Ready keys in order of readiness, and since when. Held ones among them are passed over. */
  readonly #ready = new Map<string, Milliseconds>();
  readonly #delayed = new Map<string, Milliseconds>();
  readonly #held = new Map<string, Milliseconds>();
  readonly #failures = new Map<string, number>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  #timer: { at: Milliseconds; cancel: () => void } | undefined;
  #closed = false;

  constructor(clock: Clock, observer: QueueObserver = {}) {
    this.#clock = clock;
    this.#observer = observer;
  }

  /** Keys ready or delayed, and not counting those only held. */
  get length(): number {
    return this.#ready.size + this.#delayed.size;
  }

  /** Since when each held key has been worked on. */
  get held(): ReadonlyMap<string, Milliseconds> {
    return this.#held;
  }

  add(key: string): void {
    if (this.#closed) return;
    this.#delayed.delete(key);
    if (this.#ready.has(key)) return;
    this.#observer.added?.();
    this.#ready.set(key, this.#clock.elapsed());
    this.#handOut();
  }

  addAfter(key: string, delay: Milliseconds): void {
    if (delay <= 0) this.add(key);
    if (delay <= 0 || this.#closed || this.#ready.has(key)) return;
    const at = this.#clock.elapsed() + delay;
    const before = this.#delayed.get(key);
    if (before !== undefined && before <= at) return;
    this.#delayed.set(key, at);
    this.#wakeAt(at);
  }

  /** After a failure: later each time, until the key is forgotten. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#observer.retried?.();
    this.addAfter(key, Math.min(FIRST_DELAY * 2 ** failures, LONGEST_DELAY));
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** How often the key has failed since it was last forgotten. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, held until `done`. Undefined once the queue is shut down: what waits then is left. */
  get(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#takers.push(resolve);
      this.#handOut();
    });
  }

  done(key: string): void {
    const since = this.#held.get(key);
    if (since === undefined) return;
    this.#held.delete(key);
    this.#observer.finished?.(this.#clock.elapsed() - since);
    this.#handOut();
  }

  shutDown(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const take of this.#takers.splice(0)) take(undefined);
  }

  #handOut(): void {
    for (const [key, since] of this.#ready) {
      if (this.#takers.length === 0) break;
      if (this.#held.has(key)) continue;
      const now = this.#clock.elapsed();
      this.#ready.delete(key);
      this.#held.set(key, now);
      this.#observer.started?.(now - since);
      this.#takers.shift()?.(key);
    }
    this.#observer.depth?.(this.#ready.size);
  }

  /** One timer for all that is delayed, set to the earliest. */
  #wakeAt(at: Milliseconds): void {
    if (this.#timer !== undefined && this.#timer.at <= at) return;
    this.#timer?.cancel();
    this.#timer = { at, cancel: this.#clock.setTimer(at - this.#clock.elapsed(), () => this.#wake()) };
  }

  /** A scan instead of a heap: thousands of keys are delayed at most, and it runs once per time that falls due. */
  #wake(): void {
    this.#timer = undefined;
    const now = this.#clock.elapsed();
    let next = Number.POSITIVE_INFINITY;
    const due: [string, Milliseconds][] = [];
    for (const [key, at] of this.#delayed) {
      if (at <= now) due.push([key, at]);
      else next = Math.min(next, at);
    }
    due.sort(([, a], [, b]) => a - b);
    if (next < Number.POSITIVE_INFINITY) this.#wakeAt(next);
    for (const [key] of due) this.add(key);
  }
}
