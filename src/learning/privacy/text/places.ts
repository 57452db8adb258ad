import { countBelow, grown } from "./numbers.ts";

const FIRST_CAPACITY = 1024;

/**
 * The way back from places in a text that was made of another, in their order, to places in that one. Only where the two
 * begin to lie apart by another distance is anything kept.
 */
export class Places {
  #from = new Int32Array(FIRST_CAPACITY);
  #raw = new Int32Array(FIRST_CAPACITY);
  #length = 0;
  /** Where the last question was answered: the next one is mostly about a place nearby. */
  #near = -1;

  /** What stands at `from` was made of what stands at `raw`, and so on from there. `from` never comes down. */
  note(from: number, raw: number): void {
    // What came between was left out.
    if (this.#length > 0 && this.#from[this.#length - 1] === from) this.#length -= 1;
    if (this.#length === this.#from.length) {
      this.#from = grown(this.#from);
      this.#raw = grown(this.#raw);
    }
    this.#from[this.#length] = from;
    this.#raw[this.#length] = raw;
    this.#length += 1;
  }

  rawOf(at: number): number {
    if (!this.#holds(this.#near, at))
      this.#near = this.#holds(this.#near + 1, at) ? this.#near + 1 : countBelow(this.#from, at + 1, this.#length) - 1;
    return this.#near < 0 ? at : (this.#raw[this.#near] ?? 0) + at - (this.#from[this.#near] ?? 0);
  }

  /** Whether the place lies between this one that was noted (-1: the beginning) and the next. */
  #holds(index: number, at: number): boolean {
    return (
      index < this.#length &&
      (index < 0 || at >= (this.#from[index] ?? 0)) &&
      (index + 1 >= this.#length || at < (this.#from[index + 1] ?? 0))
    );
  }
}
