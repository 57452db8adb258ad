import type { IncomingMessage } from "node:http";
import type { BodyKind } from "./routes.ts";

export const MAX_BODY_BYTES = 8 << 20;

/** A request that is answered with an error without asking Ollama. */
export class RequestRefused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "RequestRefused";
    this.status = status;
  }
}

/** The whole body, if it is not too large. */
export async function readBody(request: IncomingMessage, maxBytes = MAX_BODY_BYTES): Promise<Buffer> {
  const tooLarge = new RequestRefused(413, `the request has more than ${maxBytes} bytes`);
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Ending the loop early must not destroy the connection: the refusal still has to go out on it.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge;
      chunks.push(chunk);
    }
  } catch (error) {
    throw error === tooLarge ? error : new RequestRefused(499, "the client went away in the middle of its request");
  }
  return Buffer.concat(chunks);
}

/** What the engine was started with. A request that set these would make Ollama start it anew, under everyone else. */
const ENGINE_OPTIONS = [
  "num_ctx",
  "num_batch",
  "num_gpu",
  "main_gpu",
  "num_thread",
  "use_mmap",
  "use_mlock",
  "numa",
  "low_vram",
];

export interface Served {
  /** The name in Ollama. */
  readonly model: string;
  readonly aliases: readonly string[];
}

/** The body as Ollama gets it: with our model's name, and without what would unload the model or restart the engine. */
export function rewriteBody(kind: BodyKind, raw: Buffer, served: Served): string | undefined {
  if (kind === "None") return undefined;
  const body = raw.length === 0 && kind === "Name" ? {} : parseObject(raw);
  const model = servedName(body.model ?? body.name, served);
  const { name: _, ...rest } = body;
  if (kind === "Name") return JSON.stringify({ ...rest, model });
  if (kind === "OpenAI") return JSON.stringify({ ...body, model });
  return JSON.stringify({ ...rest, model, keep_alive: -1, ...optionsOf(body.options) });
}

function optionsOf(options: unknown): { options?: object } {
  if (options === undefined || options === null) return {};
  if (!isObject(options)) throw new RequestRefused(400, "options must be an object");
  return { options: Object.fromEntries(Object.entries(options).filter(([key]) => !ENGINE_OPTIONS.includes(key))) };
}

function servedName(asked: unknown, { model, aliases }: Served): string {
  if (asked === undefined || asked === null || asked === "") return model;
  if (typeof asked === "string" && [model, ...aliases].includes(asked.replace(/:latest$/, ""))) return model;
  const names = [...aliases, model].join(", ");
  const shown = typeof asked === "string" ? `"${asked.slice(0, 80)}"` : "that";
  throw new RequestRefused(404, `no model ${shown} here; this one is ${names}`);
}

function parseObject(raw: Buffer): Record<string, unknown> {
  let body: unknown;
  try {
    body = JSON.parse(raw.toString());
  } catch {
    throw new RequestRefused(400, "the request's body is not JSON");
  }
  if (!isObject(body)) throw new RequestRefused(400, "the request's body is not a JSON object");
  return body;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
