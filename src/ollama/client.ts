import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { Agent, type Dispatcher } from "undici";
import type { z } from "zod";
import * as answers from "./answers.ts";
import { OllamaError } from "./errors.ts";
import { type Call, call } from "./http.ts";

/** JSON that Ollama takes as a model parameter. */
export type Parameter = string | number | boolean | readonly string[];
export type Parameters = Readonly<Record<string, Parameter>>;

/** Manifest digests depend on the file name that `create` is given: always this one. */
const FILE_NAME = "model.gguf";

export interface CreateModel {
  readonly model: string;
  /** Of a GGUF file that `putBlob` has brought. 64 hexadecimal digits. */
  readonly sha256: string;
  /** Go template. Absent: the GGUF's own chat template is used. */
  readonly template?: string | undefined;
  readonly parameters: Parameters;
}

/** Thinking is always said: unset means true for a model that can, also with `raw`, and the thoughts are cut out of the answer. */
export type Think = boolean | "low" | "medium" | "high";

export interface Generate {
  readonly model: string;
  readonly prompt: string;
  readonly raw: boolean;
  readonly think: Think;
  readonly options?: Parameters;
}

export interface Message {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string;
}

export interface Chat {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly think: Think;
  readonly options?: Parameters;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

/** Ollama's HTTP API, as far as we use it. Everything rejects with OllamaError. */
export interface OllamaClient {
  version(options?: CallOptions): Promise<string>;
  hasBlob(sha256: string, options?: CallOptions): Promise<boolean>;
  /** Only after `hasBlob` said no: Ollama resets the connection of a blob that it has. */
  putBlob(sha256: string, file: { path: string; size: number }, options?: PutBlobOptions): Promise<void>;
  create(model: CreateModel, options?: CallOptions): Promise<void>;
  show(model: string, options?: CallOptions): Promise<answers.ShowAnswer>;
  tags(options?: CallOptions): Promise<readonly answers.StoredModel[]>;
  ps(options?: CallOptions): Promise<readonly answers.LoadedModel[]>;
  /** Loads it for as long as Ollama lives. */
  load(model: string, options?: CallOptions): Promise<void>;
  unload(model: string, options?: CallOptions): Promise<void>;
  generate(request: Generate, options?: CallOptions): Promise<answers.GenerateAnswer>;
  chat(request: Chat, options?: CallOptions): Promise<answers.ChatAnswer>;
  /** Also succeeds when there is no such model. */
  remove(model: string, options?: CallOptions): Promise<void>;
  close(): Promise<void>;
}

export interface PutBlobOptions extends CallOptions {
  readonly onProgress?: (sent: number) => void;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** `url` without a path, e.g. `http://127.0.0.1:11434`. */
export function ollamaClient(url: string): OllamaClient {
  const origin = new URL(url).origin;
  // Loading takes minutes without a byte: each call has a timeout of its own instead of undici's.
  const dispatcher: Dispatcher = new Agent({
    connections: 8,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: 5_000 },
  });
  const ask = async <T extends z.ZodType>(
    todo: Omit<Call, "timeoutMs" | "signal">,
    schema: T,
    defaultMs: number,
    { signal, timeoutMs = defaultMs }: CallOptions = {},
  ): Promise<z.output<T>> => {
    const answer = schema.safeParse(await call(dispatcher, origin, { ...todo, signal, timeoutMs }));
    if (answer.success) return answer.data;
    const where = answer.error.issues.map((issue) => issue.path.join(".") || "the whole").join(", ");
    throw new OllamaError("InvalidAnswer", `Ollama: ${todo.method} ${todo.path} answered with an unknown ${where}`);
  };
  const post = (path: string, json: unknown) => ({ method: "POST", path, json, maxBytes: 64 << 20 }) as const;
  const silently = async (todo: Omit<Call, "timeoutMs" | "signal">, defaultMs: number, options: CallOptions = {}) => {
    await call(dispatcher, origin, { ...todo, signal: options.signal, timeoutMs: options.timeoutMs ?? defaultMs });
  };
  const ifFound = async (work: Promise<void>): Promise<boolean> => {
    return await work
      .then(() => true)
      .catch((error: unknown) => {
        if (error instanceof OllamaError && error.code === "NotFound") return false;
        throw error;
      });
  };
  const blob = (sha256: string) => `/api/blobs/sha256:${sha256}`;

  return {
    async version(options) {
      return (await ask({ method: "GET", path: "/api/version" }, answers.versionAnswer, 5 * SECOND, options)).version;
    },
    hasBlob: (sha256, options) => ifFound(silently({ method: "HEAD", path: blob(sha256) }, 10 * SECOND, options)),
    async putBlob(sha256, { path, size }, options) {
      const body = Readable.from(counted(path, options?.onProgress), { objectMode: false, highWaterMark: 1 << 20 });
      try {
        await silently({ method: "POST", path: blob(sha256), stream: { body, size } }, 60 * MINUTE, options);
      } finally {
        body.destroy();
      }
    },
    async create({ model, sha256, template, parameters }, options) {
      const files = { [FILE_NAME]: `sha256:${sha256}` };
      const json = { model, files, ...(template !== undefined && { template }), parameters, stream: false };
      await ask(post("/api/create", json), answers.createAnswer, 10 * MINUTE, options);
    },
    show: (model, options) => ask(post("/api/show", { model }), answers.showAnswer, 30 * SECOND, options),
    async tags(options) {
      return (await ask({ method: "GET", path: "/api/tags" }, answers.tagsAnswer, 10 * SECOND, options)).models ?? [];
    },
    async ps(options) {
      return (await ask({ method: "GET", path: "/api/ps" }, answers.psAnswer, 10 * SECOND, options)).models ?? [];
    },
    async load(model, options) {
      const json = { model, keep_alive: -1, stream: false };
      await ask(post("/api/generate", json), answers.generateAnswer, 15 * MINUTE, options);
    },
    async unload(model, options) {
      await ifFound(silently(post("/api/generate", { model, keep_alive: 0, stream: false }), MINUTE, options));
    },
    generate: (request, options) =>
      ask(
        post("/api/generate", { ...request, keep_alive: -1, stream: false }),
        answers.generateAnswer,
        5 * MINUTE,
        options,
      ),
    chat: (request, options) =>
      ask(post("/api/chat", { ...request, keep_alive: -1, stream: false }), answers.chatAnswer, 5 * MINUTE, options),
    async remove(model, options) {
      await ifFound(silently({ method: "DELETE", path: "/api/delete", json: { model } }, MINUTE, options));
    },
    close: () => dispatcher.destroy(),
  };
}

/** A file's pieces, in order; says after each how much has been asked for. */
async function* counted(path: string, onProgress: ((sent: number) => void) | undefined): AsyncGenerator<Buffer> {
  let sent = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    yield chunk;
    sent += chunk.length;
    onProgress?.(sent);
  }
}
