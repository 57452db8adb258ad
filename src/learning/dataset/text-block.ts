import type { Conversation } from "./example.ts";

/** Words of 32 bits for each text: its role's number and FLAGS, and how many bytes it takes. */
export const TEXT = { what: 0, length: 1, size: 2 } as const;
export const FLAGS = {
  /** The first of its row. */
  first: 1,
  /** The thinking of the message before it. */
  reasoning: 2,
  /** Duplicates are looked for in it. */
  compared: 4,
} as const;
/** `what` is the role's number times this, and flags. */
export const ROLE_UNIT = 8;

/** Texts of many rows in UTF-8, one after the other: what a thread is handed, and nothing of it has to be copied. */
export interface TextBlock {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** See TEXT. */
  readonly texts: Uint32Array<ArrayBuffer>;
  /** By number. */
  readonly roles: readonly string[];
  readonly rows: number;
}

/** UTF-8 takes at most so many bytes for a UTF-16 unit. */
const BYTES_A_UNIT = 3;

/** Collects conversations; half surrogate pairs become U+FFFD: no tokenizer takes them. */
export class TextBlockWriter {
  #bytes: Buffer<ArrayBuffer>;
  #used = 0;
  #rows = 0;
  readonly #texts: number[] = [];
  readonly #roles: string[];

  /** `memory` is used as far as it reaches; `roles` is added to, and may be handed from block to block. */
  constructor(memory: ArrayBuffer, roles: string[]) {
    this.#bytes = Buffer.from(memory);
    this.#roles = roles;
  }

  get rows(): number {
    return this.#rows;
  }
  /** Bytes so far. */
  get used(): number {
    return this.#used;
  }

  add({ history, input, answer, reasoning }: Conversation): void {
    this.#rows++;
    let first: number = FLAGS.first;
    for (const { role, content } of history) {
      this.#text(role, first, content);
      first = 0;
    }
    this.#text("user", first | FLAGS.compared, input);
    this.#text("assistant", FLAGS.compared, answer);
    if (reasoning !== undefined) this.#text("assistant", FLAGS.reasoning, reasoning);
  }

  done(): TextBlock {
    const bytes = new Uint8Array(this.#bytes.buffer, 0, this.#used);
    return { bytes, texts: Uint32Array.from(this.#texts), roles: [...this.#roles], rows: this.#rows };
  }

  #text(role: string, flags: number, text: string): void {
    const most = this.#used + BYTES_A_UNIT * text.length;
    if (most > this.#bytes.length) {
      const grown = Buffer.from(new ArrayBuffer(2 * most));
      grown.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = grown;
    }
    const length = this.#bytes.write(text, this.#used);
    this.#used += length;
    this.#texts.push(this.#numberOf(role) * ROLE_UNIT + flags, length);
  }

  #numberOf(role: string): number {
    const number = this.#roles.indexOf(role);
    return number === -1 ? this.#roles.push(role) - 1 : number;
  }
}
