import xxhash from "xxhash-wasm";
import { isContaminated, type NgramTable } from "./contamination.ts";
import { BANDS, MinHash } from "./minhash.ts";
import type { Words } from "./words.ts";

/** What a scan finds of one row: 32-bit words. */
export const FOUND = {
  /** Bits: see FOUND_FLAGS. */
  flags: 0,
  /** Two words: the hash of all words of question and answer, in order. */
  exact: 1,
  /** Two words for each band. */
  bands: 3,
  size: 3 + 2 * BANDS,
} as const;
export const FOUND_FLAGS = { contaminated: 1, banded: 2 } as const;

const { h64Raw } = await xxhash();

/**
 * Looks for what makes rows duplicates or contaminated, text by text. Duplicates: by question and answer; the turns
 * before them are the same again in each interaction of a conversation. Contamination: by all that is in the example.
 */
export class Scanner {
  readonly #found: Uint32Array<ArrayBuffer>;
  readonly #table: NgramTable;
  readonly #minhash = new MinHash();
  #exact = 0n;
  #row = -1;

  constructor(rows: number, table: NgramTable) {
    this.#found = new Uint32Array(new ArrayBuffer(rows * FOUND.size * 4));
    this.#table = table;
  }

  /** The words of a text; rows come one after the other. `compared`: duplicates are looked for in it. */
  text(row: number, words: Words, compared: boolean): void {
    if (row !== this.#row) {
      this.#finish();
      this.#row = row;
      this.#exact = 0n;
      this.#minhash.start();
    }
    if (isContaminated(words, this.#table)) this.#found[row * FOUND.size] = FOUND_FLAGS.contaminated;
    if (!compared) return;
    this.#minhash.add(words.hashes, words.count);
    this.#exact = h64Raw(new Uint8Array(words.hashes.buffer, 0, 4 * words.count), this.#exact);
  }

  /** See FOUND; a row after the other. */
  done(): Uint32Array<ArrayBuffer> {
    this.#finish();
    return this.#found;
  }

  #finish(): void {
    if (this.#row < 0) return;
    const found = this.#found;
    const at = this.#row * FOUND.size;
    found[at + FOUND.exact] = Number(this.#exact & 0xffffffffn);
    found[at + FOUND.exact + 1] = Number(this.#exact >> 32n);
    if (this.#minhash.finish(found, at + FOUND.bands)) found[at] = (found[at] ?? 0) | FOUND_FLAGS.banded;
  }
}
