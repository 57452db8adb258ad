/**
 * Text as duplicates are looked for in it: words are runs of letters, digits and underscores, in lower case; a character
 * of a script without blanks is a word of its own; everything else only parts words. Reading goes along with writing the
 * text as JSON, byte by byte: one look at each serves both.
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
/** Parts words, and stands in JSON as an escape. */
const ESCAPED = 3;

/** What follows the backslash for each byte, as JSON.stringify writes it; 0: the byte stands as it is. */
const ESCAPES = new Uint8Array(256);
/** Class of each byte in the upper half, the byte in lower case in the lower: one look-up a byte, where time goes. */
const BYTES = new Uint16Array(256);
for (let byte = 0; byte < 256; byte++) {
  const char = String.fromCharCode(byte);
  const written = byte < 0x80 ? JSON.stringify(char) : char;
  if (written.startsWith('"\\')) ESCAPES[byte] = written.charCodeAt(2);
  const kind = byte >= 0xe3 ? ALONE : byte >= 0x80 || /\w/.test(char) ? WORD : ESCAPES[byte] === 0 ? OTHER : ESCAPED;
  BYTES[byte] = (kind << 8) | (byte < 0x80 ? char.toLowerCase().charCodeAt(0) : byte);
}
const BACKSLASH = 0x5c;
const UNICODE = 0x75; // u
const ZERO = 0x30;
const HEX = Buffer.from("0123456789abcdef");
/** An escape takes at most so many bytes. */
export const LONGEST_ESCAPE = 6;

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export function emptyWords(): Words {
  return { hashes: new Uint32Array(1024), count: 0 };
}

/**
 * Writes the UTF-8 in `from`, from `start` to `end`, into `to` at `at` as the inside of a JSON string, and reads its
 * words `into` what is used again from text to text. Answers where it ends in `to`, which must have room for it.
 */
export function copyWords(
  from: Uint8Array,
  start: number,
  end: number,
  to: Uint8Array,
  at: number,
  into: Words,
): number {
  if (into.hashes.length < end - start) into.hashes = new Uint32Array(2 * (end - start));
  const { hashes } = into;
  // Looked at here, neither array is looked at anew for each byte: a fifth of the time.
  if (end > from.length || at + end - start > to.length) throw new RangeError("a text does not fit where it shall lie");
  let count = 0;
  // Whole numbers of 32 bits, which the compiler would not know of arguments.
  let used = at | 0;
  let next = start | 0;
  while (next < end) {
    let byte = from[next++] ?? 0;
    let value = BYTES[byte] ?? 0;
    if (value >> 8 === WORD) {
      let word = FNV_OFFSET;
      for (;;) {
        to[used++] = byte;
        word = Math.imul(word ^ value, FNV_PRIME);
        if (next === end) break;
        byte = from[next++] ?? 0;
        value = BYTES[byte] ?? 0;
        if (value >> 8 !== WORD) break;
      }
      hashes[count++] = word;
      if (value >> 8 === WORD) break;
    }
    if (value >> 8 === OTHER) {
      to[used++] = byte;
    } else if (value >> 8 === ESCAPED) {
      used = writeEscape(byte, to, used) | 0;
    } else {
      to[used++] = byte;
      let word = FNV_OFFSET ^ value;
      for (; next < end && isContinuation(from[next] ?? 0); next++) {
        to[used++] = from[next] ?? 0;
        word = Math.imul(word ^ (from[next] ?? 0), FNV_PRIME);
      }
      hashes[count++] = word;
    }
  }
  into.count = count;
  return used;
}

/** Of a text by itself. */
export function wordsOf(text: string): Words {
  const bytes = Buffer.from(text);
  const words = emptyWords();
  copyWords(bytes, 0, bytes.length, new Uint8Array(LONGEST_ESCAPE * bytes.length), 0, words);
  return words;
}

function writeEscape(byte: number, to: Uint8Array, at: number): number {
  const after = ESCAPES[byte] ?? 0;
  to[at] = BACKSLASH;
  to[at + 1] = after;
  if (after !== UNICODE) return at + 2;
  to[at + 2] = ZERO;
  to[at + 3] = ZERO;
  to[at + 4] = HEX[byte >> 4] ?? 0;
  to[at + 5] = HEX[byte & 15] ?? 0;
  return at + LONGEST_ESCAPE;
}

/** How many bytes the UTF-8 between `start` and `end` takes inside a JSON string. */
export function escapedLength(bytes: Uint8Array, start: number, end: number): number {
  let length = end - start;
  for (let at = start; at < end; at++) {
    const after = ESCAPES[bytes[at] ?? 0] ?? 0;
    if (after !== 0) length += after === UNICODE ? LONGEST_ESCAPE - 1 : 1;
  }
  return length;
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
