import { z } from "zod";
import { feedbackBatch, interactionBatch } from "../../../api/learning/batch.ts";
import { feedback } from "../../../api/learning/feedback.ts";
import { interaction, MAX_BATCH } from "../../../api/learning/interaction.ts";
import { batchResult } from "../../../api/learning/results.ts";
import type { RouteDeps } from "../deps.ts";
import { refusals } from "../openapi.ts";
import type { Api } from "../types.ts";
import { validateLater } from "../validation.ts";
import { answerBatch, bodyParser, takeIn } from "./batches.ts";

const refused = refusals("Timeout", "TooLarge", "UnsupportedMediaType");

export function collectRoutes(app: Api, deps: RouteDeps): void {
  const { intake } = deps;
  const interactions = bodyParser(interactionBatch);
  app.post("/v1/interactions", {
    validatorCompiler: validateLater,
    schema: {
      tags: ["collect"],
      summary: "Send questions and their answers",
      body: z
        .strictObject({ interactions: z.array(interaction).min(1).max(MAX_BATCH) })
        .describe("Interactions. One that does not fit is refused alone."),
      response: { 207: batchResult.describe("What became of each item, in their order."), ...refused },
    },
    handler: async (request, reply) => {
      const body = interactions(request.body);
      const results = await takeIn(request, deps, body.interactions.length, (principal) =>
        intake.interactions(principal, body.interactions),
      );
      return answerBatch(reply, results);
    },
  });

  const feedbacks = bodyParser(feedbackBatch);
  app.post("/v1/feedback", {
    validatorCompiler: validateLater,
    schema: {
      tags: ["collect"],
      summary: "Send what became of answers",
      body: z
        .strictObject({ feedback: z.array(feedback).min(1).max(MAX_BATCH) })
        .describe("Feedback. What does not fit is refused alone."),
      response: { 207: batchResult.describe("What became of each item, in their order."), ...refused },
    },
    handler: async (request, reply) => {
      const body = feedbacks(request.body);
      const results = await takeIn(request, deps, body.feedback.length, (principal) =>
        intake.feedback(principal, body.feedback),
      );
      return answerBatch(reply, results);
    },
  });
}
