import { Transform } from "node:stream";

/** The counts stand in the last line of a stream; /api/generate's last line also carries the context, some bytes a token. */
const KEPT_BYTES = 128 << 10;

export interface Ending {
  readonly promptTokens?: number;
  readonly generatedTokens?: number;
  /** What the engine says went wrong, in an answer that began well. */
  readonly error?: string;
}

/** Passes an answer through untouched and remembers its last bytes. */
export class Tail extends Transform {
  readonly #onChunk: () => void;
  #kept: Buffer[] = [];
  #size = 0;

  constructor(onChunk: () => void) {
    super();
    this.#onChunk = onChunk;
  }

  override _transform(chunk: Buffer, _encoding: string, done: (error: null, chunk: Buffer) => void): void {
    this.#onChunk();
    this.#kept.push(chunk);
    this.#size += chunk.length;
    while (this.#size - (this.#kept[0]?.length ?? 0) >= KEPT_BYTES) this.#size -= this.#kept.shift()?.length ?? 0;
    done(null, chunk);
  }

  ending(): Ending {
    return readEnding(Buffer.concat(this.#kept).toString());
  }
}

/**
 * Ollama's native counts (a JSON object or the last of many) or OpenAI's `usage`. A quotation mark inside an answer is
 * escaped in JSON, so an answer's text cannot look like these.
 */
export function readEnding(text: string): Ending {
  const lines = text.trimEnd().split("\n");
  const error = /^(?:data: )?\{"error":\s*(?:"((?:[^"\\]|\\.)*)"|\{"message":"((?:[^"\\]|\\.)*)")/.exec(
    lines.at(-1) ?? "",
  );
  const prompt = lastCount(text, /"(?:prompt_eval_count|prompt_tokens)":\s*(\d+)/g);
  const generated = lastCount(text, /"(?:eval_count|completion_tokens)":\s*(\d+)/g);
  return {
    ...(prompt !== undefined && { promptTokens: prompt }),
    ...(generated !== undefined && { generatedTokens: generated }),
    ...(error !== null && { error: error[1] ?? error[2] ?? "" }),
  };
}

function lastCount(text: string, pattern: RegExp): number | undefined {
  const last = [...text.matchAll(pattern)].at(-1)?.[1];
  return last === undefined ? undefined : Number(last);
}
