import underPressure from "@fastify/under-pressure";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Clock } from "../../kube/clock.ts";
import type { ByteBudget, Reservation } from "./byte-budget.ts";
import { ApiProblem } from "./errors.ts";
import type { ApiLimits } from "./limits.ts";
import type { ApiMetrics } from "./metrics.ts";
import { TokenBuckets } from "./token-bucket.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** What it holds of the byte budget. */
    reservation: Reservation | undefined;
  }
}

const RETRY_AFTER_SECONDS = 2;

/** Sheds by the process's own health, before anything else is done for a request. For the whole server. */
export async function shedUnderPressure(app: FastifyInstance, limits: ApiLimits, metrics: ApiMetrics): Promise<void> {
  await app.register(underPressure, {
    maxEventLoopDelay: limits.eventLoopDelayMs,
    maxHeapUsedBytes: limits.heapBytes,
    maxRssBytes: limits.rssBytes,
    // As long as a mean needs: without a tick of the loop in it, the plugin takes the delay for endless.
    sampleInterval: 1000,
    pressureHandler: async (request, _reply, type) => {
      // Probes and scrapes cost little, and without them nobody would see what is wrong.
      if (request.routeOptions.config?.access === "public") return;
      metrics.shed.inc({ reason: type });
      throw new ApiProblem("Unavailable", "this server has too much to do", RETRY_AFTER_SECONDS);
    },
  });
}

/** Limits each principal's requests, and the bytes of all bodies at once. To be added after the guard, before bodies. */
export function limitRequests(
  app: FastifyInstance,
  limits: ApiLimits,
  budget: ByteBudget,
  clock: Pick<Clock, "elapsed">,
  metrics: ApiMetrics,
): void {
  const requests = new TokenBuckets(limits.requestsPerSecond, limits.requestBurst, clock);
  app.decorateRequest("reservation", undefined);
  app.addHook("onRequest", async ({ principal }) => {
    const wait = principal === undefined ? 0 : requests.take(principal.id, 1);
    if (wait === 0) return;
    metrics.shed.inc({ reason: "requestRate" });
    throw new ApiProblem("RateLimited", "too many requests by this key", wait);
  });
  app.addHook("preParsing", async (request, reply, payload) => {
    const bytes = bodyBytes(request, limits);
    if (bytes === 0) return payload;
    const reservation = budget.reserve(bytes);
    if (reservation === undefined) {
      metrics.shed.inc({ reason: "bytesInFlight" });
      throw new ApiProblem("Unavailable", "too many bytes are on their way already", RETRY_AFTER_SECONDS);
    }
    request.reservation = reservation;
    // Comes after every answer, and when the client has gone before one.
    reply.raw.once("close", () => reservation.release());
    return payload;
  });
}

/** What the body may take: what is packed, or of unknown length, may become as much as is allowed. */
function bodyBytes({ headers }: FastifyRequest, { requestBytes }: ApiLimits): number {
  if (headers["transfer-encoding"] !== undefined) return requestBytes;
  const length = Number(headers["content-length"] ?? 0);
  if (length === 0) return 0;
  return headers["content-encoding"] === undefined ? Math.min(length, requestBytes) : requestBytes;
}
