/**
 * Text as duplicates are looked for in it: words are runs of letters, digits and underscores, in lower case; a character
 * of a script without blanks is a word of its own; everything else only parts words. Works on the bytes of a JSON string
 * as it will be written, escapes included, so that no text is decoded a second time.
 */

/** The words of one text, each as a 32-bit hash. */
export interface Words {
  hashes: Uint32Array;
  count: number;
}

const OTHER = 0;
const WORD = 1;
/** First byte of a character of three or four bytes, U+3000 and up: Chinese, Japanese, Korean, symbols. */
const ALONE = 2;
const ESCAPE = 3;

/** Class of each byte in the upper half, the byte in lower case in the lower: one look-up a byte, where time goes. */
const BYTES = new Uint16Array(256);
for (let byte = 0; byte < 256; byte++) {
  const char = String.fromCharCode(byte);
  const kind = byte >= 0xe3 ? ALONE : byte >= 0x80 || /\w/.test(char) ? WORD : char === "\\" ? ESCAPE : OTHER;
  BYTES[byte] = (kind << 8) | (byte < 0x80 ? char.toLowerCase().charCodeAt(0) : byte);
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export function emptyWords(): Words {
  return { hashes: new Uint32Array(1024), count: 0 };
}

/** Reads `bytes` from `start` to `end`: the inside of a JSON string. `into` is used again from text to text. */
export function readWords(bytes: Uint8Array, start: number, end: number, into: Words): void {
  if (into.hashes.length < end - start) into.hashes = new Uint32Array(2 * (end - start));
  const { hashes } = into;
  let count = 0;
  let at = start;
  while (at < end) {
    let value = BYTES[bytes[at++] ?? 0] ?? 0;
    if (value >> 8 === WORD) {
      let word = FNV_OFFSET;
      do {
        word = Math.imul(word ^ value, FNV_PRIME);
        value = at < end ? (BYTES[bytes[at] ?? 0] ?? 0) : 0;
        at++;
      } while (value >> 8 === WORD);
      at--;
      hashes[count++] = word;
    } else if (value >> 8 === ESCAPE) {
      at += bytes[at] === 0x75 ? 5 : 1; // \uXXXX, else \n and the like
    } else if (value >> 8 === ALONE) {
      let word = FNV_OFFSET ^ value;
      for (; at < end && isContinuation(bytes[at] ?? 0); at++) {
        word = Math.imul(word ^ (bytes[at] ?? 0), FNV_PRIME);
      }
      hashes[count++] = word;
    }
  }
  into.count = count;
}

/** Second and later bytes of a character in UTF-8. */
function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** Spreads all bits of `hash` (MurmurHash3's finalizer). */
export function spread(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
