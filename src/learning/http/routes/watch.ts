import { z } from "zod";
import type { RouteDeps } from "../deps.ts";
import { ApiProblem } from "../errors.ts";
import { refusals } from "../openapi.ts";
import type { Api } from "../types.ts";

const alive = z.strictObject({ status: z.literal("ok") }).describe("All is well.");

export function watchRoutes(app: Api, { store, metrics }: RouteDeps): void {
  app.get("/healthz", {
    schema: { tags: ["watch"], summary: "Whether this process lives", response: { 200: alive } },
    handler: async () => ({ status: "ok" as const }),
  });

  // Without policies it is ready all the same: it must be reachable for them to arrive.
  app.get("/readyz", {
    schema: { tags: ["watch"], summary: "Whether it can work", response: { 200: alive, ...refusals() } },
    handler: async () => {
      try {
        await store.ping();
      } catch {
        throw new ApiProblem("Unavailable", "the store cannot be asked now", 5);
      }
      return { status: "ok" as const };
    },
  });

  app.get("/metrics", {
    schema: {
      tags: ["watch"],
      summary: "Figures for Prometheus",
      response: {
        200: {
          description: "Figures.",
          content: { "text/plain": { schema: z.string().describe("Prometheus' text format.") } },
        },
      },
    },
    handler: async (_request, reply) =>
      reply
        .type(metrics.registry.contentType)
        .serializer(String)
        .send(await metrics.registry.metrics()),
  });

  let document: unknown;
  app.get("/openapi.json", {
    schema: {
      tags: ["watch"],
      summary: "This document",
      response: { 200: z.unknown().describe("OpenAPI 3.1.") },
    },
    handler: async () => {
      document ??= app.swagger();
      return document;
    },
  });
}
