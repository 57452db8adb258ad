import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { eventId } from "../../api/learning/interaction.ts";
import {
  calibrationQuery,
  decideRequest,
  decideResult,
  leaseProof,
  leaseRequest,
  leaseResult,
  renewResult,
  reviewCalibration,
  reviewContent,
  reviewList,
  reviewListQuery,
} from "../../api/learning/reviews.ts";
import type { ReviewStore, Role } from "../store/port.ts";
import { type Calibrate, calibrationOf } from "./calibration.ts";
import { type Caller, REVIEWERS } from "./guard.ts";
import type { ReviewQueue } from "./queue.ts";

const ANALYSTS: readonly Role[] = ["reviewer", "analyst"];
const tags = ["reviews"];
const params = z.strictObject({ id: eventId });
const done = z.undefined().describe("Done.");

export interface ApiOptions {
  readonly queue: ReviewQueue;
  readonly reviews: Pick<ReviewStore, "calibration">;
  readonly calibrate: Calibrate;
  readonly caller: (request: import("fastify").FastifyRequest) => Caller;
}

/** `/v1/reviews`: the queue as people and the page see it. */
export function reviewApi(instance: FastifyInstance, { queue, reviews, calibrate, caller }: ApiOptions): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const config = { reviewRoles: REVIEWERS };

  app.get(
    "/v1/reviews",
    {
      config,
      schema: { tags, summary: "Open reviews", querystring: reviewListQuery, response: { 200: reviewList } },
    },
    (request) => queue.list(caller(request).principal, request.query),
  );
  app.post(
    "/v1/reviews/lease",
    {
      config,
      schema: { tags, summary: "Take the next review, or one", body: leaseRequest, response: { 200: leaseResult } },
    },
    (request) => queue.lease(caller(request).principal, request.body),
  );
  app.get(
    "/v1/reviews/calibration",
    {
      config: { reviewRoles: ANALYSTS },
      schema: {
        tags,
        summary: "Whether our confidence means what it says",
        querystring: calibrationQuery,
        response: { 200: reviewCalibration },
      },
    },
    (request) => calibrationOf(reviews, calibrate, caller(request).principal.tenant, request.query.policy),
  );
  app.get(
    "/v1/reviews/:id",
    {
      config,
      schema: {
        tags,
        summary: "What the holder of a lease reviews; reading it renews the lease",
        params,
        headers: z.object({ "review-lease": leaseProof.shape.token }),
        response: { 200: reviewContent },
      },
    },
    (request) => queue.content(caller(request).principal, request.params.id, request.headers["review-lease"]),
  );
  app.post(
    "/v1/reviews/:id/renew",
    { config, schema: { tags, summary: "Keep it", params, body: leaseProof, response: { 200: renewResult } } },
    (request) => queue.renew(caller(request).principal, request.params.id, request.body.token),
  );
  app.post(
    "/v1/reviews/:id/release",
    { config, schema: { tags, summary: "Give it back", params, body: leaseProof, response: { 204: done } } },
    async (request, reply) => {
      await queue.release(caller(request).principal, request.params.id, request.body.token);
      return reply.code(204).send();
    },
  );
  app.post(
    "/v1/reviews/:id/decide",
    {
      config,
      schema: {
        tags,
        summary: "Decide it: overrides our score",
        params,
        body: decideRequest,
        response: { 200: decideResult },
      },
    },
    (request) => queue.decide(caller(request).principal, request.params.id, request.body),
  );
}
