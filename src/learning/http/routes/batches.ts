import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { ItemResult } from "../../../api/learning/results.ts";
import { explain, fieldNames } from "../../intake/item.ts";
import type { RouteDeps } from "../deps.ts";
import { ApiProblem } from "../errors.ts";
import type { Principal } from "../principal.ts";
import { principalOf } from "./asked.ts";

/** Parses a body whose items are looked at one by one. */
export function bodyParser<T>(schema: z.ZodType<T>): (body: unknown) => T {
  const names = fieldNames(schema);
  return (body) => {
    const { success, data, error } = schema.safeParse(body);
    if (!success) throw new ApiProblem("Invalid", explain(error.issues, names));
    return data;
  };
}

/** Takes items in for whoever asks, within their rate; what they take of memory is held until all is done. */
export async function takeIn<T>(
  request: FastifyRequest,
  { itemRate, metrics }: Pick<RouteDeps, "itemRate" | "metrics">,
  count: number,
  work: (principal: Principal) => Promise<T>,
): Promise<T> {
  const principal = principalOf(request);
  const wait = count === 0 ? 0 : itemRate.take(principal.id, count);
  if (wait > 0) {
    metrics.shed.inc({ reason: "itemRate" });
    throw new ApiProblem("RateLimited", "too many items by this key", wait);
  }
  const { reservation } = request;
  reservation?.hold();
  try {
    return await work(principal);
  } finally {
    reservation?.release();
  }
}

/** 207: each item has its own status. */
export function answerBatch(reply: FastifyReply, results: readonly ItemResult[]): FastifyReply {
  return reply.code(207).send({ results });
}
