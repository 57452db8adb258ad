import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Dispatcher, request } from "undici";
import { RequestRefused, readBody, rewriteBody, type Served } from "./body.ts";
import type { Metrics } from "./metrics.ts";
import type { Pulse } from "./pulse.ts";
import type { Route } from "./routes.ts";
import { type Ending, Tail } from "./tail.ts";
import { engineFailed } from "./verdict.ts";

export interface ProxyContext {
  /** Ollama, e.g. `http://127.0.0.1:11434`. */
  readonly origin: string;
  readonly dispatcher: Dispatcher;
  readonly served: Served;
  readonly pulse: Pulse;
  readonly metrics: Metrics;
}

export interface Outcome extends Omit<Ending, "error"> {
  /** 499: the client went away before the answer was whole. */
  readonly code: number;
}

/** Error texts longer than this are not read. */
const MAX_ERROR_BYTES = 64 << 10;

/** Asks Ollama and passes the answer on as it comes. Rejects with RequestRefused while nothing has been answered yet. */
export async function forward(
  route: Route,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  context: ProxyContext,
): Promise<Outcome> {
  const raw = route.body === "None" ? Buffer.alloc(0) : await readBody(incoming);
  const body = rewriteBody(route.body, raw, context.served);
  const started = performance.now();
  const client = new AbortController();
  outgoing.once("close", () => outgoing.writableFinished || client.abort());
  if (outgoing.destroyed) return { code: 499 };

  const headers = body === undefined ? {} : { "content-type": "application/json" };
  const todo = { dispatcher: context.dispatcher, method: route.upstream.method, headers, signal: client.signal };
  let answer: Dispatcher.ResponseData;
  try {
    answer = await request(context.origin + route.upstream.path, { ...todo, ...(body !== undefined && { body }) });
  } catch {
    if (client.signal.aborted) return { code: 499 };
    falter(context, "refused", `The engine did not answer POST ${route.path}.`);
    throw new RequestRefused(502, "the engine did not answer");
  }
  const status = answer.statusCode;
  if (status >= 400) return await passError(route, answer, outgoing, context);

  const firstByte = context.metrics.firstByte.labels(route.path);
  const tail = new Tail(() => {
    if (!outgoing.headersSent) firstByte.observe((performance.now() - started) / 1000);
    if (route.engine) context.pulse.beat();
  });
  outgoing.statusCode = status;
  setHeaders(outgoing, answer);
  try {
    await pipeline(answer.body, tail, outgoing);
  } catch {
    if (client.signal.aborted && !answer.body.errored) return { code: 499 };
    return cut(route, answer.body, context);
  }
  const { error, ...counts } = tail.ending();
  if (error !== undefined && route.engine && engineFailed(500, error)) {
    falter(context, "failed", `The engine failed in the middle of an answer to ${route.path}.`);
  }
  return { code: status, ...counts };
}

/** The client's socket closes too when its answer is cut, so who began it is told by whether Ollama's side broke. */
function cut(route: Route, body: Readable, context: ProxyContext): Outcome {
  if (body.errored?.name === "AbortError") return { code: 499 };
  falter(context, "cut", `The engine cut an answer to ${route.path}.`);
  return { code: 502 };
}

async function passError(
  route: Route,
  answer: Dispatcher.ResponseData,
  outgoing: ServerResponse,
  context: ProxyContext,
): Promise<Outcome> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body) {
      size += chunk.length;
      if (size <= MAX_ERROR_BYTES) chunks.push(chunk);
    }
  } catch {
    // Cut in the middle of an error: what came is passed on.
  }
  const text = Buffer.concat(chunks);
  const code = answer.statusCode;
  if (route.engine && code >= 500 && engineFailed(code, text.toString())) {
    falter(context, "failed", `The engine answered ${route.path} with HTTP ${code}.`);
  }
  outgoing.statusCode = code;
  setHeaders(outgoing, { ...answer, headers: { ...answer.headers, "content-length": String(text.length) } });
  outgoing.end(text);
  return { code };
}

function falter({ pulse, metrics }: ProxyContext, kind: "refused" | "failed" | "cut", what: string): void {
  metrics.engineErrors.inc({ kind });
  pulse.falter(what);
}

function setHeaders(outgoing: ServerResponse, { headers }: Pick<Dispatcher.ResponseData, "headers">): void {
  for (const name of ["content-type", "content-length"]) {
    const value = headers[name];
    if (value !== undefined) outgoing.setHeader(name, value);
  }
}
