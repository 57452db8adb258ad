import type { Words } from "./words.ts";

/** GPT-3's and datatrove's figure: this many words in a row do not agree by chance. */
export const CONTAMINATION_NGRAM = 12;

const BASE = 0x2545f491;
const LEAVING = power(BASE, CONTAMINATION_NGRAM);
const OTHER_BASE = 0x6c8e9cf5;
/** Words of 32 bits an entry takes: two of its hash. */
const ENTRY = 2;
/** Bits of the filter an entry has: of the n-grams that are in no set, one in this many is looked up in vain. */
const FILTER_BITS = 32;
const SMALLEST = 1 << 10;

/** The 12-grams of evaluation sets, in memory that threads share. */
export interface NgramTable {
  /** A hash table of 64-bit hashes; at most half full. Empty: there are no sets. */
  readonly entries: Uint32Array<SharedArrayBuffer>;
  /** A bit for each 32-bit hash: nearly everything that is not in the table is told by it alone. */
  readonly filter: Uint32Array<SharedArrayBuffer>;
}

/** Whether any 12 words in a row are in `table`. */
export function isContaminated({ hashes, count }: Words, { entries, filter }: NgramTable): boolean {
  if (entries.length === 0) return false;
  const mask = filter.length - 1;
  let hash = 0;
  for (let at = 0; at < count; at++) {
    hash = (Math.imul(hash, BASE) + (hashes[at] ?? 0)) | 0;
    if (at >= CONTAMINATION_NGRAM) hash = (hash - Math.imul(hashes[at - CONTAMINATION_NGRAM] ?? 0, LEAVING)) | 0;
    if (at < CONTAMINATION_NGRAM - 1 || (((filter[(hash >>> 5) & mask] ?? 0) >>> (hash & 31)) & 1) === 0) continue;
    if (entries[slotOf(entries, hash >>> 0, otherHash(hashes, at)) + 1] !== 0) return true;
  }
  return false;
}

/** Collects 12-grams; the table doubles as it fills. */
export class NgramCollector {
  #entries = shared(SMALLEST * ENTRY);
  count = 0;

  /** Answers how many 12-grams the text has; 0: it is too short to be looked for. */
  add({ hashes, count }: Words): number {
    let hash = 0;
    for (let at = 0; at < count; at++) {
      hash = (Math.imul(hash, BASE) + (hashes[at] ?? 0)) | 0;
      if (at >= CONTAMINATION_NGRAM) hash = (hash - Math.imul(hashes[at - CONTAMINATION_NGRAM] ?? 0, LEAVING)) | 0;
      if (at < CONTAMINATION_NGRAM - 1) continue;
      if (put(this.#entries, hash >>> 0, otherHash(hashes, at))) this.count++;
      if (2 * ENTRY * this.count > this.#entries.length) this.#double();
    }
    return Math.max(0, count - CONTAMINATION_NGRAM + 1);
  }

  table(): NgramTable {
    if (this.count === 0) return { entries: shared(0), filter: shared(0) };
    const filter = shared((this.#entries.length / ENTRY) * (FILTER_BITS / 32));
    const mask = filter.length - 1;
    for (let at = 0; at < this.#entries.length; at += ENTRY) {
      const hash = this.#entries[at] ?? 0;
      const word = (hash >>> 5) & mask;
      if (this.#entries[at + 1] !== 0) filter[word] = (filter[word] ?? 0) | (1 << (hash & 31));
    }
    return { entries: this.#entries, filter };
  }

  #double(): void {
    const old = this.#entries;
    this.#entries = shared(2 * old.length);
    for (let at = 0; at < old.length; at += ENTRY) {
      if (old[at + 1] !== 0) put(this.#entries, old[at] ?? 0, old[at + 1] ?? 0);
    }
  }
}

/** Another 32 bits of the n-gram that ends at `last`; never 0, which means free. */
function otherHash(hashes: Uint32Array, last: number): number {
  let hash = 0;
  for (let at = last - CONTAMINATION_NGRAM + 1; at <= last; at++)
    hash = Math.imul(hash ^ (hashes[at] ?? 0), OTHER_BASE);
  return (hash | 1) >>> 0;
}

/** Where the entry is, or would be. */
function slotOf(entries: Uint32Array, hash: number, other: number): number {
  const mask = entries.length - 1;
  let at = (hash * ENTRY) & mask;
  while (entries[at + 1] !== 0 && (entries[at] !== hash || entries[at + 1] !== other)) at = (at + ENTRY) & mask;
  return at;
}

function put(entries: Uint32Array, hash: number, other: number): boolean {
  const at = slotOf(entries, hash, other);
  if (entries[at + 1] !== 0) return false;
  entries[at] = hash;
  entries[at + 1] = other;
  return true;
}

function shared(words: number): Uint32Array<SharedArrayBuffer> {
  return new Uint32Array(new SharedArrayBuffer(4 * words));
}

function power(base: number, exponent: number): number {
  let result = 1;
  for (let times = 0; times < exponent; times++) result = Math.imul(result, base);
  return result;
}
