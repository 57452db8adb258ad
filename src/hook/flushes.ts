import type { Clock } from "./clock.ts";

interface Hurried {
  hurry(hurried: boolean): void;
  restsUntil(moment: number): boolean;
}

interface Flush {
  readonly until: number;
  readonly done: () => void;
}

/** Those who wait for everything to be sent, each with a deadline. While there are any, the lanes hurry. */
export class Flushes {
  readonly #clock: Clock;
  readonly #lanes: readonly Hurried[];
  readonly #empty: () => boolean;
  readonly #open = new Set<Flush>();

  constructor(clock: Clock, lanes: readonly Hurried[], empty: () => boolean) {
    this.#clock = clock;
    this.#lanes = lanes;
    this.#empty = empty;
  }

  /** True: nothing is queued any more. Ends before the deadline where waiting for it cannot help. */
  start(deadlineMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      // All else keeps no process alive; whoever waits for a flush wants it kept alive that long.
      const hold = setTimeout(() => {}, deadlineMs + 1000);
      const flush = {
        until: this.#clock.elapsed() + deadlineMs,
        done: () => {
          clearTimeout(hold);
          cancel();
          this.#open.delete(flush);
          if (this.#open.size === 0) this.#hurry(false);
          resolve(this.#empty());
        },
      };
      const cancel = this.#clock.setTimer(deadlineMs, flush.done);
      this.#open.add(flush);
      this.#hurry(true);
      this.look();
    });
  }

  /** To be called whenever something was settled. */
  look(): void {
    for (const flush of [...this.#open]) {
      if (this.#empty() || this.#lanes.every((lane) => lane.restsUntil(flush.until))) flush.done();
    }
  }

  #hurry(hurried: boolean): void {
    for (const lane of this.#lanes) lane.hurry(hurried);
  }
}
