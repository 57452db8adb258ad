import xxhash from "xxhash-wasm";
import { type Block, SPAN } from "./block.ts";
import { isContaminated, type NgramTable } from "./contamination.ts";
import { BANDS, MinHash } from "./minhash.ts";
import { emptyWords, readWords } from "./words.ts";

/** What a scan finds of one row: 32-bit words. */
export const FOUND = {
  /** Bits: see FLAGS. */
  flags: 0,
  /** Two words: the hash of all words of question and answer, in order. */
  exact: 1,
  /** Two words for each band. */
  bands: 3,
  size: 3 + 2 * BANDS,
} as const;
export const FLAGS = { contaminated: 1, banded: 2 } as const;

const { h64Raw } = await xxhash();

/**
 * Looks for what makes rows duplicates or contaminated. Duplicates: by question and answer; the turns before them are
 * the same again in each interaction of a conversation. Contamination: by all that is in the example.
 */
export function scanBlock(block: Block, table: NgramTable): Uint32Array<ArrayBuffer> {
  const found = new Uint32Array(new ArrayBuffer(block.rows * FOUND.size * 4));
  const words = emptyWords();
  const minhash = new MinHash();
  let exact = 0n;
  let current = -1;
  const finish = (): void => {
    if (current < 0) return;
    const at = current * FOUND.size;
    found[at + FOUND.exact] = Number(exact & 0xffffffffn);
    found[at + FOUND.exact + 1] = Number(exact >> 32n);
    if (minhash.finish(found, at + FOUND.bands)) found[at] = (found[at] ?? 0) | FLAGS.banded;
  };
  for (let span = 0; span < block.spans.length; span += SPAN) {
    const row = block.spans[span] ?? 0;
    if (row !== current) {
      finish();
      current = row;
      exact = 0n;
      minhash.start();
    }
    const compared = block.spans[span + 3] === 1;
    if (!compared && table.entries.length === 0) continue;
    readWords(block.bytes, block.spans[span + 1] ?? 0, block.spans[span + 2] ?? 0, words);
    if (isContaminated(words, table)) found[row * FOUND.size] = FLAGS.contaminated;
    if (!compared) continue;
    minhash.add(words.hashes, words.count);
    exact = h64Raw(new Uint8Array(words.hashes.buffer, 0, 4 * words.count), exact);
  }
  finish();
  return found;
}
