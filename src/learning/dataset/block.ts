import type { Example } from "./example.ts";

/** A block is handed to a thread when it holds this many bytes. */
const BLOCK_BYTES = 4 << 20;
/** Words of 32 bits that a span takes: its row, start, end, and whether duplicates are looked for in it. */
export const SPAN = 4;

/** Messages of many rows, one after the other, as the JSON text that will be in the dataset. */
export interface Block {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly used: number;
  readonly rows: number;
  /** Where in `bytes` the texts lie; rows are counted from the block's first. */
  readonly spans: Uint32Array<ArrayBuffer>;
}

export interface Written {
  /** In the block. */
  readonly start: number;
  readonly length: number;
  /** Bytes before the reasoning; 0: none. Cut there and closed with `}]`, it is the same example without. */
  readonly reasoningAt: number;
}

/** Writes examples into memory, one after the other. */
export class BlockWriter {
  #bytes: Buffer<ArrayBuffer>;
  #used = 0;
  #spans = new Uint32Array(new ArrayBuffer(4096 * SPAN * 4));
  #spanned = 0;
  rows = 0;

  constructor(memory?: ArrayBuffer) {
    this.#bytes = Buffer.from(memory ?? new ArrayBuffer(BLOCK_BYTES + (1 << 20)));
  }

  get isFull(): boolean {
    return this.#used >= BLOCK_BYTES;
  }

  add(example: Example): Written {
    const start = this.#used;
    this.#raw("[");
    for (const { role, content } of example.history) this.#message(role, content, false, ",");
    this.#message("user", example.input, true, ",");
    this.#message("assistant", example.answer, true, "");
    let reasoningAt = 0;
    if (example.reasoning !== undefined) {
      this.#used--;
      reasoningAt = this.#used - start;
      this.#raw(',"reasoning_content":');
      this.#text(example.reasoning, false);
      this.#raw("}");
    }
    this.#raw("]");
    this.rows++;
    return { start, length: this.#used - start, reasoningAt };
  }

  done(): Block {
    const bytes = new Uint8Array(this.#bytes.buffer);
    return { bytes, used: this.#used, rows: this.rows, spans: this.#spans.slice(0, this.#spanned) };
  }

  #message(role: string, content: string, compared: boolean, after: string): void {
    this.#raw(`{"role":"${role}","content":`);
    this.#text(content, compared);
    this.#raw(`}${after}`);
  }

  /** Half surrogate pairs become U+FFFD: no tokenizer takes them. */
  #text(text: string, compared: boolean): void {
    const start = this.#used + 1;
    this.#raw(JSON.stringify(text.isWellFormed() ? text : text.toWellFormed()));
    if (this.#spanned === this.#spans.length) {
      const grown = new Uint32Array(new ArrayBuffer(2 * this.#spans.byteLength));
      grown.set(this.#spans);
      this.#spans = grown;
    }
    this.#spans[this.#spanned++] = this.rows;
    this.#spans[this.#spanned++] = start;
    this.#spans[this.#spanned++] = this.#used - 1;
    this.#spans[this.#spanned++] = compared ? 1 : 0;
  }

  #raw(text: string): void {
    const most = this.#used + 3 * text.length;
    if (most > this.#bytes.length) {
      const grown = Buffer.from(new ArrayBuffer(2 * most));
      grown.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = grown;
    }
    this.#used += this.#bytes.write(text, this.#used);
  }
}
