import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { Clock } from "../artifacts/index.ts";
import { RequestRefused } from "./body.ts";
import { forward, type Outcome, type ProxyContext } from "./proxy.ts";
import { type Route, routeOf } from "./routes.ts";
import type { State } from "./state.ts";
import type { SidecarStatus } from "./status.ts";

export interface DoorContext extends ProxyContext {
  /** Value of the header that names who answered. */
  readonly modelVersion: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly state: () => State;
  readonly status: () => SidecarStatus;
  /** Starts draining; answers whether all requests ended within `seconds`. */
  readonly drain: (seconds: number, signal: AbortSignal) => Promise<boolean>;
}

const MAX_DRAIN_SECONDS = 3600;
/** Longer than a gateway keeps an idle connection, so that it is never the server who closes first. */
const KEEP_ALIVE_MS = 75_000;

/** The only way into the pod. Ollama itself listens on 127.0.0.1. */
export function openDoor(context: DoorContext): Server {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 60_000 }, (request, response) => {
    void answer(request, response, context).catch((error: unknown) => {
      context.logger.error(
        { error: error instanceof Error ? error.name : "unknown" },
        "a request failed in the sidecar",
      );
      response.destroy();
    });
  });
  return server;
}

async function answer(request: IncomingMessage, response: ServerResponse, context: DoorContext): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://sidecar");
  const method = request.method ?? "GET";
  const own = `${method} ${pathname}`;
  switch (own) {
    case "GET /ready":
      return send(response, context.state().at === "Ready" ? 200 : 503, context.status());
    case "GET /status":
      return send(response, 200, context.status());
    case "GET /metrics": {
      const text = await context.metrics.registry.metrics();
      response.setHeader("content-type", context.metrics.registry.contentType).end(text);
      return;
    }
    case "GET /drain":
    case "POST /drain":
      return await drain(response, Number(searchParams.get("seconds") ?? "300"), context);
  }
  const route = routeOf(method, pathname);
  if (route === "NotFound") return refuse(response, pathname, 404, "there is nothing here");
  if (route === "MethodNotAllowed") return refuse(response, pathname, 405, `${method} is not allowed here`);
  await serve(route, request, response, context);
}

/** Kubernetes' preStop hooks send GET. */
async function drain(response: ServerResponse, seconds: number, context: DoorContext): Promise<void> {
  if (!(seconds >= 0 && seconds <= MAX_DRAIN_SECONDS)) {
    return refuse(response, "/drain", 400, `seconds must be a number from 0 to ${MAX_DRAIN_SECONDS}`);
  }
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const drained = await context.drain(seconds, gone.signal).catch(() => false);
  send(response, 200, { drained, inFlight: context.pulse.inFlight });
}

async function serve(
  route: Route,
  request: IncomingMessage,
  response: ServerResponse,
  context: DoorContext,
): Promise<void> {
  const { metrics, pulse, logger } = context;
  const started = performance.now();
  response.setHeader("x-qi-model-version", context.modelVersion);
  const end = context.state().at === "Ready" ? pulse.begin() : undefined;
  if (end !== undefined) metrics.inFlight.inc();
  let outcome: Outcome;
  try {
    if (end === undefined) throw notReady(response, context);
    outcome = await forward(route, request, response, context);
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    outcome = { code: error.status };
    // What is left of the request is not read, so the connection cannot be used again.
    if (!request.complete) response.setHeader("connection", "close");
    refuse(response, route.path, error.status, error.message);
  } finally {
    if (end !== undefined) metrics.inFlight.dec();
    end?.();
  }
  const seconds = (performance.now() - started) / 1000;
  const { code, promptTokens = 0, generatedTokens = 0 } = outcome;
  metrics.requests.inc({ route: route.path, code });
  metrics.duration.observe({ route: route.path }, seconds);
  metrics.tokens.inc({ kind: "prompt" }, promptTokens);
  metrics.tokens.inc({ kind: "generated" }, generatedTokens);
  logger.debug({ route: route.path, code, seconds, promptTokens, generatedTokens }, "answered");
}

function notReady(response: ServerResponse, { state, status, clock }: DoorContext): RequestRefused {
  const now = state();
  const wait = "nextAttempt" in now ? Math.ceil(((now.nextAttempt ?? 0) - clock.now()) / 1000) : 1;
  response.setHeader("retry-after", String(Math.min(60, Math.max(1, wait))));
  const { reason, message } = status();
  return new RequestRefused(503, `not ready (${reason}): ${message}`);
}

/** In the shape that the clients of each API expect. */
function refuse(response: ServerResponse, path: string, status: number, message: string): void {
  send(
    response,
    status,
    path.startsWith("/v1/") ? { error: { message, type: "qi_sidecar", code: status } } : { error: message },
  );
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  response.statusCode = status;
  response.setHeader("content-type", "application/json").end(`${JSON.stringify(body)}\n`);
}
