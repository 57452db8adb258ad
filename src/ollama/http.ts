import type { Readable } from "node:stream";
import { type Dispatcher, request } from "undici";
import { codeOfStatus, OllamaError } from "./errors.ts";

export interface Call {
  readonly method: "GET" | "POST" | "HEAD" | "DELETE";
  readonly path: string;
  readonly json?: unknown;
  readonly stream?: { readonly body: Readable; readonly size: number };
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** More than this is not read. */
  readonly maxBytes?: number;
}

/** What HEAD and empty answers give. */
const NOTHING = undefined;

/** One request, answered by its JSON; errors become OllamaError, except an abort by `signal`, which stays its own reason. */
export async function call(dispatcher: Dispatcher, origin: string, todo: Call): Promise<unknown> {
  const { method, path, timeoutMs, signal, maxBytes = 1 << 20 } = todo;
  const what = `Ollama: ${method} ${path}`;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await request(origin + path, {
      dispatcher,
      method,
      ...bodyOf(todo),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    const text = await bounded(answer.body, maxBytes, what);
    if (answer.statusCode >= 400) throw refusal(answer.statusCode, text, what);
    return text === "" ? NOTHING : parseJson(text, what);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof OllamaError) throw error;
    if (timeout.aborted) throw new OllamaError("TimedOut", `${what} took more than ${timeoutMs / 1000} s`);
    throw new OllamaError("Unreachable", `${what}: ${reason(error)}`);
  }
}

function bodyOf({ json, stream }: Call) {
  if (stream !== undefined) return { body: stream.body, headers: { "content-length": String(stream.size) } };
  if (json !== undefined) return { body: JSON.stringify(json), headers: { "content-type": "application/json" } };
  return {};
}

async function bounded(body: Readable, maxBytes: number, what: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw new OllamaError("InvalidAnswer", `${what} answered more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new OllamaError("InvalidAnswer", `${what} answered something that is not JSON`);
  }
}

function refusal(status: number, text: string, what: string): OllamaError {
  const said = /"error":\s*"((?:[^"\\]|\\.){1,500})/.exec(text)?.[1] ?? "";
  return new OllamaError(codeOfStatus(status), `${what} answered ${status}${said === "" ? "" : `: ${said}`}`, status);
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
