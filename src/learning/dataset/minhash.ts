import { spread } from "./words.ts";

/** datatrove's figures: two texts whose 5-grams overlap by 0.72 meet in some band in one case of two, by 0.9 always. */
export const NGRAM = 5;
export const BANDS = 14;
export const ROWS_PER_BAND = 8;
const SLOTS = BANDS * ROWS_PER_BAND;
const EMPTY = 0xffffffff;

/** Of one text: two 32-bit halves for each band. Texts that share a band are near duplicates. */
export type BandKeys = Uint32Array;

/**
 * MinHash by one permutation: each 5-gram is hashed once, falls into one of the 112 slots by its upper bits, and the
 * least hash of a slot is its value. Slots that stay empty borrow from others in an order that is the same for every
 * text (Shrivastava, Optimal Densification for Fast and Accurate Minwise Hashing, ICML 2017). The chance that a slot
 * agrees is the Jaccard similarity, as with 112 permutations, at a hundredth of the work.
 */
export class MinHash {
  readonly #slots = new Uint32Array(SLOTS);
  readonly #filled = new Uint8Array(SLOTS);
  #shingles = 0;

  start(): void {
    this.#slots.fill(EMPTY);
    this.#shingles = 0;
  }

  /** Adds the 5-grams of one text; of a shorter one, all of it. N-grams do not reach from one text into the next. */
  add(words: Uint32Array, count: number): void {
    if (count === 0) return;
    const slots = this.#slots;
    this.#shingles += Math.max(1, count - NGRAM + 1);
    let hash = 0;
    for (let at = 0; at < count; at++) {
      hash = (Math.imul(hash, BASE) + (words[at] ?? 0)) | 0;
      if (at >= NGRAM) hash = (hash - Math.imul(words[at - NGRAM] ?? 0, BASE_TO_5)) | 0;
      if (at < NGRAM - 1 && at < count - 1) continue;
      const value = spread(hash);
      const slot = (Math.imul(value >>> 16, SLOTS) >>> 16) | 0;
      slots[slot] = lesser(slots[slot] ?? 0, value);
    }
  }

  /** Writes the bands into `into` at `at`; false: there was no word in the text, nothing to compare. */
  finish(into: BandKeys, at: number): boolean {
    if (this.#shingles === 0) return false;
    this.#densify();
    const slots = this.#slots;
    for (let band = 0; band < BANDS; band++) {
      let high = spread(band + 1);
      let low = spread(band + 0x5bd1);
      for (let row = 0; row < ROWS_PER_BAND; row++) {
        const value = slots[band * ROWS_PER_BAND + row] ?? 0;
        high = Math.imul(high ^ value, 0x9e3779b1);
        high ^= high >>> 15;
        low = Math.imul(low ^ value, 0x85ebca77);
        low ^= low >>> 13;
      }
      into[at + 2 * band] = spread(high);
      into[at + 2 * band + 1] = spread(low);
    }
    return true;
  }

  #densify(): void {
    const slots = this.#slots;
    const filled = this.#filled;
    if (!slots.includes(EMPTY)) return;
    for (let slot = 0; slot < SLOTS; slot++) filled[slot] = slots[slot] === EMPTY ? 0 : 1;
    for (let slot = 0; slot < SLOTS; slot++) {
      for (let attempt = 1; filled[slot] === 0; attempt++) {
        const from = spread(slot * 0x9e37 + attempt * 0x85eb) % SLOTS;
        if (filled[from] === 0) continue;
        slots[slot] = slots[from] ?? EMPTY;
        break;
      }
    }
  }
}

/**
 * The lesser of two unsigned numbers, as 32 bits. Without a branch (Warren, Hacker's Delight, 2-12): which of the two it
 * is cannot be foreseen, and guessing wrong costs the processor more than all the rest of a 5-gram.
 */
function lesser(a: number, b: number): number {
  const below = ((~b & a) | (~(b ^ a) & (b - a))) >> 31;
  return a ^ ((a ^ b) & below);
}

const BASE = 0x2c1b3c6d;
const BASE_TO_5 = Math.imul(BASE, Math.imul(Math.imul(BASE, BASE), Math.imul(BASE, BASE)));
