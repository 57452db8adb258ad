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
import { refusals } from "../http/openapi.ts";
import { principalOf } from "../http/routes/asked.ts";
import type { ReviewStore, Role } from "../store/port.ts";
import { calibrationOf } from "./calibration.ts";
import type { ReviewQueue } from "./queue.ts";
import type { ReviewRules } from "./rules.ts";

const REVIEWERS: readonly Role[] = ["reviewer", "admin"];
const ANALYSTS: readonly Role[] = ["reviewer", "analyst", "admin"];
const tags = ["review"];
const params = z.strictObject({ id: eventId });
const done = z.undefined().describe("Done.");

export interface ApiDeps {
  readonly queue: ReviewQueue;
  readonly reviews: Pick<ReviewStore, "calibration">;
  readonly rules: ReviewRules;
}

/** `/v1/reviews`: the queue as people and the page see it. */
export function reviewApi(instance: FastifyInstance, { queue, reviews, rules }: ApiDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const config = { access: REVIEWERS };

  app.get(
    "/v1/reviews",
    {
      config,
      schema: {
        tags,
        summary: "Open reviews",
        querystring: reviewListQuery,
        response: { 200: reviewList, ...refusals() },
      },
    },
    (request) => queue.list(principalOf(request), request.query),
  );
  app.post(
    "/v1/reviews/lease",
    {
      config,
      schema: {
        tags,
        summary: "Take the next review, or one",
        body: leaseRequest,
        response: { 200: leaseResult, ...refusals() },
      },
    },
    (request) => queue.lease(principalOf(request), request.body),
  );
  app.get(
    "/v1/reviews/calibration",
    {
      config: { access: ANALYSTS },
      schema: {
        tags,
        summary: "Whether our confidence means what it says",
        querystring: calibrationQuery,
        response: { 200: reviewCalibration, ...refusals() },
      },
    },
    (request) => calibrationOf(reviews, rules, principalOf(request).tenant, request.query.policy),
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
        response: { 200: reviewContent, ...refusals() },
      },
    },
    (request) => queue.content(principalOf(request), request.params.id, request.headers["review-lease"]),
  );
  app.post(
    "/v1/reviews/:id/renew",
    {
      config,
      schema: { tags, summary: "Keep it", params, body: leaseProof, response: { 200: renewResult, ...refusals() } },
    },
    (request) => queue.renew(principalOf(request), request.params.id, request.body.token),
  );
  app.post(
    "/v1/reviews/:id/release",
    {
      config,
      schema: { tags, summary: "Give it back", params, body: leaseProof, response: { 204: done, ...refusals() } },
    },
    async (request, reply) => {
      await queue.release(principalOf(request), request.params.id, request.body.token);
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
        response: { 200: decideResult, ...refusals() },
      },
    },
    (request) => queue.decide(principalOf(request), request.params.id, request.body),
  );
}
