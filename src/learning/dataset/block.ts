import type { Scanner } from "./scan.ts";
import { FLAGS, ROLE_UNIT, TEXT, type TextBlock } from "./text-block.ts";
import { copyWords, emptyWords, escapedLength, LONGEST_ESCAPE } from "./words.ts";

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
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const END = 0x7d;

/** Is told the words of each text, in order. */
export type Reader = Pick<Scanner, "text">;

/** `memory` is used as far as it reaches. */
export function writeBlock(given: TextBlock, memory: ArrayBuffer, reader: Reader): Block {
  const writer = new BlockWriter(given, memory, reader);
  for (let text = 0; text < given.texts.length; text += TEXT.size)
    writer.add(given.texts[text + TEXT.what] ?? 0, given.texts[text + TEXT.length] ?? 0);
  return writer.done();
}

class BlockWriter {
  readonly #given: TextBlock;
  readonly #heads: readonly Buffer[];
  readonly #reasoning = Buffer.from(',"reasoning_content":"');
  readonly #places: Uint32Array<ArrayBuffer>;
  readonly #reader: Reader;
  readonly #words = emptyWords();
  #bytes: Uint8Array<ArrayBuffer>;
  #used = 0;
  /** Bytes of the given ones that are written. */
  #read = 0;
  #row = -1;

  constructor(given: TextBlock, memory: ArrayBuffer, reader: Reader) {
    this.#given = given;
    this.#reader = reader;
    this.#bytes = new Uint8Array(memory);
    this.#heads = given.roles.map((role) => Buffer.from(`{"role":${JSON.stringify(role)},"content":"`));
    this.#places = new Uint32Array(given.rows * PLACE.size);
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
    const from = this.#read;
    this.#read += length;
    this.#used = copyWords(this.#given.bytes, from, this.#read, this.#bytes, this.#used, this.#words);
    this.#reader.text(this.#row, this.#words, (what & FLAGS.compared) !== 0);
    this.#bytes[this.#used++] = QUOTE;
    this.#bytes[this.#used++] = END;
  }

  done(): Block {
    this.#end();
    const bytes = new Uint8Array(this.#bytes.buffer, 0, this.#used);
    return { bytes, places: this.#places };
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

  /** Room for a text of `length` bytes, whatever is in it, with all that stands around it and ends its row. */
  #reserve(length: number, head: number): void {
    const around = head + 8;
    if (this.#used + LONGEST_ESCAPE * length + around <= this.#bytes.length) return;
    const most = this.#used + escapedLength(this.#given.bytes, this.#read, this.#read + length) + around;
    if (most <= this.#bytes.length) return;
    const grown = new Uint8Array(new ArrayBuffer(2 * most));
    grown.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = grown;
  }
}
