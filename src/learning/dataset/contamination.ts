import type { Words } from "./words.ts";

/** GPT-3's and datatrove's figure: this many words in a row do not agree by chance. */
export const CONTAMINATION_NGRAM = 12;

const HIGH_BASE = 0x2545f491;
const LOW_BASE = 0x6c8e9cf5;
const HIGH_LEAVING = power(HIGH_BASE, CONTAMINATION_NGRAM);
const LOW_LEAVING = power(LOW_BASE, CONTAMINATION_NGRAM);

/** The 12-grams of evaluation sets as a hash table of two words an entry, in memory that threads share. */
export type NgramTable = Uint32Array<SharedArrayBuffer>;

/** Calls `visit` with the 64-bit hash of each 12-gram until it answers true. Answers whether it did. */
function someNgram(words: Words, visit: (high: number, low: number) => boolean): boolean {
  const { hashes, count } = words;
  let high = 0;
  let low = 0;
  for (let at = 0; at < count; at++) {
    const entering = hashes[at] ?? 0;
    high = (Math.imul(high, HIGH_BASE) + entering) | 0;
    low = (Math.imul(low, LOW_BASE) + entering) | 0;
    if (at < CONTAMINATION_NGRAM - 1) continue;
    if (at >= CONTAMINATION_NGRAM) {
      const leaving = hashes[at - CONTAMINATION_NGRAM] ?? 0;
      high = (high - Math.imul(leaving, HIGH_LEAVING)) | 0;
      low = (low - Math.imul(leaving, LOW_LEAVING)) | 0;
    }
    if (visit(high >>> 0, (low | 1) >>> 0)) return true;
  }
  return false;
}

/** Whether any 12 words in a row are in `table`. */
export function isContaminated(words: Words, table: NgramTable): boolean {
  if (table.length === 0) return false;
  return someNgram(words, (high, low) => table[slotOf(table, high, low) + 1] !== 0);
}

/** Collects 12-grams; the table doubles as it fills. */
export class NgramCollector {
  #table: NgramTable = new Uint32Array(new SharedArrayBuffer(1 << 16));
  count = 0;

  /** Answers how many 12-grams the text has; 0: it is too short to be looked for. */
  add(words: Words): number {
    let found = 0;
    someNgram(words, (high, low) => {
      found++;
      if (put(this.#table, high, low)) this.count++;
      if (4 * this.count > this.#table.length) this.#double();
      return false;
    });
    return found;
  }

  table(): NgramTable {
    return this.count === 0 ? new Uint32Array(new SharedArrayBuffer(0)) : this.#table;
  }

  #double(): void {
    const old = this.#table;
    this.#table = new Uint32Array(new SharedArrayBuffer(2 * old.byteLength));
    for (let at = 0; at < old.length; at += 2) {
      if (old[at + 1] !== 0) put(this.#table, old[at] ?? 0, old[at + 1] ?? 0);
    }
  }
}

/** Where the entry is, or would be. Its second word is odd, so 0 means free. */
function slotOf(table: NgramTable, high: number, low: number): number {
  const mask = table.length - 1;
  let at = ((high ^ (low >>> 7)) << 1) & mask;
  while (table[at + 1] !== 0 && (table[at] !== high || table[at + 1] !== low)) at = (at + 2) & mask;
  return at;
}

function put(table: NgramTable, high: number, low: number): boolean {
  const at = slotOf(table, high, low);
  if (table[at + 1] !== 0) return false;
  table[at] = high;
  table[at + 1] = low;
  return true;
}

function power(base: number, exponent: number): number {
  let result = 1;
  for (let times = 0; times < exponent; times++) result = Math.imul(result, base);
  return result;
}
