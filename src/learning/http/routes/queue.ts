import { deadPage, deadQuery, queueFigures, replayRequest, replayResult } from "../../../api/learning/queue.ts";
import type { EventId, Tenant } from "../../model.ts";
import { replayDead } from "../../queue/replay.ts";
import type { RouteDeps } from "../deps.ts";
import { refusals } from "../openapi.ts";
import type { Api } from "../types.ts";
import { iso, principalOf } from "./asked.ts";

const PAGE = 500;

export function queueRoutes(app: Api, { store, queue, clock }: RouteDeps): void {
  app.get("/v1/queue", {
    schema: {
      tags: ["look"],
      summary: "What has yet to be assessed and reviewed",
      response: { 200: queueFigures, ...refusals() },
    },
    handler: async (request) => {
      const { tenant } = principalOf(request);
      const [figures, reviews] = await Promise.all([queue.figures(clock.now()), store.reviews.counts(tenant)]);
      return { ...figures, reviews };
    },
  });

  app.get("/v1/queue/dead", {
    schema: {
      tags: ["run"],
      summary: "Work that was given up",
      querystring: deadQuery,
      response: { 200: deadPage, ...refusals("InvalidCursor") },
    },
    handler: async (request) => {
      const { limit, cursor } = request.query;
      const { items, next } = await store.work.dead(principalOf(request).tenant, limit, cursor);
      return {
        items: items.map(({ id, reason, deliveries, buriedAt }) => ({
          id,
          reason,
          deliveries,
          buriedAt: iso(buriedAt),
        })),
        ...(next !== undefined && { next }),
      };
    },
  });

  app.post("/v1/queue/dead/replay", {
    schema: {
      tags: ["run"],
      summary: "Try dead work again",
      body: replayRequest,
      response: { 200: replayResult, ...refusals() },
    },
    handler: async (request) => {
      const { tenant } = principalOf(request);
      const { ids } = request.body;
      return { replayed: ids === undefined ? await replayAll(tenant) : await replay(tenant, ids) };
    },
  });

  const replay = (tenant: Tenant, ids: readonly EventId[]) =>
    replayDead(
      store.work,
      queue,
      ids.map((id) => ({ tenant, id })),
      clock.now(),
    );

  /** Of this tenant, a page at a time, each from the start: what was replayed is dead no longer. */
  async function replayAll(tenant: Tenant): Promise<number> {
    let replayed = 0;
    for (;;) {
      const { items } = await store.work.dead(tenant, PAGE);
      const now =
        items.length === 0
          ? 0
          : await replay(
              tenant,
              items.map(({ id }) => id),
            );
      replayed += now;
      if (now === 0 || items.length < PAGE) return replayed;
    }
  }
}
