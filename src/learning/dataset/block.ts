import type { Conversation } from "./example.ts";

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

/** `memory` is used as far as it reaches. */
export function writeBlock(conversations: readonly Conversation[], memory: ArrayBuffer): Block {
  const writer = new BlockWriter(memory, conversations.length);
  for (const conversation of conversations) writer.add(conversation);
  return writer.done();
}

class BlockWriter {
  #bytes: Buffer<ArrayBuffer>;
  #used = 0;
  #row = 0;
  readonly #places: Uint32Array<ArrayBuffer>;
  readonly #spans: number[] = [];

  constructor(memory: ArrayBuffer, rows: number) {
    this.#bytes = Buffer.from(memory);
    this.#places = new Uint32Array(rows * PLACE.size);
  }

  add({ history, input, answer, reasoning }: Conversation): void {
    const start = this.#used;
    this.#raw("[");
    for (const { role, content } of history) this.#message(role, content, false, ",");
    this.#message("user", input, true, ",");
    this.#message("assistant", answer, true, "");
    let reasoningAt = 0;
    if (reasoning !== undefined) {
      this.#used--;
      reasoningAt = this.#used - start;
      this.#raw(',"reasoning_content":');
      this.#text(reasoning, false);
      this.#raw("}");
    }
    this.#raw("]");
    this.#places.set([start, this.#used - start, reasoningAt], this.#row * PLACE.size);
    this.#row++;
  }

  done(): Block {
    const bytes = new Uint8Array(this.#bytes.buffer, 0, this.#used);
    return { bytes, places: this.#places, spans: Uint32Array.from(this.#spans), rows: this.#row };
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
    this.#spans.push(this.#row, start, this.#used - 1, compared ? 1 : 0);
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
