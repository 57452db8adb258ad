import { FLAGS, ROLE_UNIT, TEXT, type TextBlock } from "./text-block.ts";

/** Words of 32 bits that a span takes: its row, start, end, and whether duplicates are looked for in it. */
export const SPAN = 4;

/** What is noted of each row of a block, in words of 32 bits. */
export const PLACE = {
  start: 0,
  length: 1,
  /** Bytes before the reasoning; 0: none. Cut there and closed with `}]`, it is the same example without. */
  reasoningAt: 2,
  size: 3,
} as const;

/** Messages of many rows, one after the other, as the JSON text that will be in the dataset. */
export interface Block {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** See PLACE. */
  readonly places: Uint32Array<ArrayBuffer>;
  /** See SPAN: where in `bytes` the texts lie. */
  readonly spans: Uint32Array;
  readonly rows: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const END = 0x7d;
/** An escape takes at most so many bytes. */
const LONGEST_ESCAPE = 6;

/** What follows the backslash for each byte, as JSON.stringify writes it; 0: the byte stands as it is. */
const ESCAPES = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  const written = byte < 0x80 ? JSON.stringify(String.fromCharCode(byte)) : "";
  if (written.startsWith('"\\')) ESCAPES[byte] = written.charCodeAt(2);
}
const UNICODE = 0x75; // u
const HEX = Buffer.from("0123456789abcdef");

/** `memory` is used as far as it reaches. */
export function writeBlock(given: TextBlock, memory: ArrayBuffer): Block {
  const writer = new BlockWriter(given, memory);
  for (let text = 0; text < given.texts.length; text += TEXT.size)
    writer.add(given.texts[text + TEXT.what] ?? 0, given.texts[text + TEXT.length] ?? 0);
  return writer.done();
}

class BlockWriter {
  readonly #given: TextBlock;
  readonly #heads: readonly Buffer[];
  readonly #reasoning = Buffer.from(',"reasoning_content":"');
  readonly #places: Uint32Array<ArrayBuffer>;
  readonly #spans: Uint32Array;
  #bytes: Uint8Array<ArrayBuffer>;
  #used = 0;
  /** Bytes of the given ones that are written. */
  #read = 0;
  #row = -1;
  #texts = 0;

  constructor(given: TextBlock, memory: ArrayBuffer) {
    this.#given = given;
    this.#bytes = new Uint8Array(memory);
    this.#heads = given.roles.map((role) => Buffer.from(`{"role":${JSON.stringify(role)},"content":"`));
    this.#places = new Uint32Array(given.rows * PLACE.size);
    this.#spans = new Uint32Array((given.texts.length / TEXT.size) * SPAN);
  }

  add(what: number, length: number): void {
    const head = (what & FLAGS.reasoning) === 0 ? this.#heads[Math.floor(what / ROLE_UNIT)] : this.#reasoning;
    if (head === undefined) throw new Error(`a text's role ${what} has no name`);
    this.#reserve(length, head.length);
    if (what & FLAGS.first) this.#begin();
    else if (what & FLAGS.reasoning) this.#cut();
    else this.#bytes[this.#used++] = COMMA;
    this.#bytes.set(head, this.#used);
    this.#used += head.length;
    const start = this.#used;
    this.#copy(length);
    this.#spans.set([this.#row, start, this.#used, what & FLAGS.compared ? 1 : 0], this.#texts * SPAN);
    this.#texts++;
    this.#bytes[this.#used++] = QUOTE;
    this.#bytes[this.#used++] = END;
  }

  done(): Block {
    this.#end();
    const bytes = new Uint8Array(this.#bytes.buffer, 0, this.#used);
    return { bytes, places: this.#places, spans: this.#spans, rows: this.#given.rows };
  }

  #begin(): void {
    this.#end();
    this.#row++;
    this.#places[this.#row * PLACE.size + PLACE.start] = this.#used;
    this.#bytes[this.#used++] = OPEN;
  }

  #end(): void {
    if (this.#row < 0) return;
    this.#bytes[this.#used++] = CLOSE;
    const place = this.#row * PLACE.size;
    this.#places[place + PLACE.length] = this.#used - (this.#places[place + PLACE.start] ?? 0);
  }

  /** The last message goes on. */
  #cut(): void {
    this.#used--;
    const place = this.#row * PLACE.size;
    this.#places[place + PLACE.reasoningAt] = this.#used - (this.#places[place + PLACE.start] ?? 0);
  }

  /** The inside of a JSON string. Byte by byte is faster here than making a string of it and encoding that. */
  #copy(length: number): void {
    const from = this.#given.bytes;
    const to = this.#bytes;
    const end = this.#read + length;
    let used = this.#used;
    for (let at = this.#read; at < end; at++) {
      const byte = from[at] ?? 0;
      const after = ESCAPES[byte] ?? 0;
      if (after === 0) {
        to[used++] = byte;
        continue;
      }
      to[used++] = BACKSLASH;
      to[used++] = after;
      if (after !== UNICODE) continue;
      to[used++] = 0x30;
      to[used++] = 0x30;
      to[used++] = HEX[byte >> 4] ?? 0;
      to[used++] = HEX[byte & 15] ?? 0;
    }
    this.#read = end;
    this.#used = used;
  }

  /** Room for a text of `length` bytes, whatever is in it, with all that stands around it and ends its row. */
  #reserve(length: number, head: number): void {
    const around = head + 8;
    if (this.#used + LONGEST_ESCAPE * length + around <= this.#bytes.length) return;
    const most = this.#used + this.#written(length) + around;
    if (most <= this.#bytes.length) return;
    const grown = new Uint8Array(new ArrayBuffer(2 * most));
    grown.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = grown;
  }

  /** How long the next text will be, escapes included. */
  #written(length: number): number {
    let size = length;
    for (let at = this.#read; at < this.#read + length; at++) {
      const after = ESCAPES[this.#given.bytes[at] ?? 0] ?? 0;
      if (after !== 0) size += after === UNICODE ? LONGEST_ESCAPE - 1 : 1;
    }
    return size;
  }
}
