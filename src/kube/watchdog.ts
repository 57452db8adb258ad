import type { Clock, Milliseconds } from "./clock.ts";

/** Aborts a watch that has said nothing for too long. One timer, however many events: each only notes the time. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #patience: Milliseconds;
  readonly #silent = new AbortController();
  #heardAt: Milliseconds;
  #cancel: () => void;
  readonly signal: AbortSignal;

  constructor(clock: Clock, patience: Milliseconds, outer: AbortSignal) {
    this.#clock = clock;
    this.#patience = patience;
    this.#heardAt = clock.elapsed();
    this.#cancel = clock.setTimer(patience, () => this.#look());
    this.signal = AbortSignal.any([outer, this.#silent.signal]);
  }

  get barked(): boolean {
    return this.#silent.signal.aborted;
  }

  heard(): void {
    this.#heardAt = this.#clock.elapsed();
  }

  stop(): void {
    this.#cancel();
    // Also closes the connection of a watch that was left before its end.
    this.#silent.abort(new Error("the watch is over"));
  }

  #look(): void {
    const left = this.#heardAt + this.#patience - this.#clock.elapsed();
    if (left > 0) this.#cancel = this.#clock.setTimer(left, () => this.#look());
    else this.#silent.abort(new Error(`watch silent for ${this.#patience} ms`));
  }
}
