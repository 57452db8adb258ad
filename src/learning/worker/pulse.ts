import type { Clock, Instant, Milliseconds } from "../../kube/clock.ts";

/** One activity that either goes on or is stuck. */
export interface Beat {
  /** It went on. */
  again(): void;
  /** It has ended, or waits for something that has a beat of its own. */
  rest(): void;
}

/**
 * Tells idle from stuck: a loop that finds nothing to do still beats, one whose call never ends does not. The pulse is
 * that of the slowest, so that one hung batch is not hidden by others that go on.
 */
export class Pulse {
  readonly #clock: Clock;
  readonly #last = new Map<Beat, Milliseconds>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(): Beat {
    const beat: Beat = {
      again: () => this.#last.set(beat, this.#clock.elapsed()),
      rest: () => this.#last.delete(beat),
    };
    beat.again();
    return beat;
  }

  /** For how long the slowest has not gone on. */
  get stillForMs(): Milliseconds {
    const now = this.#clock.elapsed();
    return [...this.#last.values()].reduce((longest, at) => Math.max(longest, now - at), 0);
  }

  get lastProgressAt(): Instant {
    return this.#clock.now() - this.stillForMs;
  }
}
