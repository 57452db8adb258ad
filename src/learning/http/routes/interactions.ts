import {
  type InteractionQuery,
  type InteractionView,
  idParams,
  interactionPage,
  interactionQuery,
  interactionView,
} from "../../../api/learning/interaction-view.ts";
import type { DecidedReview, LoadedInteraction } from "../../store/port.ts";
import type { RouteDeps } from "../deps.ts";
import { ApiProblem } from "../errors.ts";
import { refusals } from "../openapi.ts";
import type { Api } from "../types.ts";
import { iso, principalOf } from "./asked.ts";

export function interactionRoutes(app: Api, { store, hash }: RouteDeps): void {
  app.get("/v1/interactions", {
    schema: {
      tags: ["look"],
      summary: "Interactions by criteria",
      querystring: interactionQuery,
      response: { 200: interactionPage, ...refusals("InvalidCursor") },
    },
    handler: async (request) => {
      const { tenant } = principalOf(request);
      const { from, to, session, ...criteria }: InteractionQuery = request.query;
      const page = await store.interactions.query({
        ...criteria,
        tenant,
        ...(from !== undefined && { from: Date.parse(from) }),
        ...(to !== undefined && { to: Date.parse(to) }),
        ...(session !== undefined && { session: hash(tenant, "session", session) }),
      });
      return { items: page.items.map(viewOf), ...(page.next !== undefined && { next: page.next }) };
    },
  });

  app.get("/v1/interactions/:id", {
    schema: {
      tags: ["look"],
      summary: "One interaction with its feedback, its score and what a person decided",
      params: idParams,
      response: { 200: interactionView, ...refusals("NotFound") },
    },
    handler: async (request) => {
      const { tenant } = principalOf(request);
      const key = { tenant, id: request.params.id };
      const [[found], decided] = await Promise.all([store.interactions.load([key]), store.reviews.decision(key)]);
      if (found === undefined) throw new ApiProblem("NotFound", "no such interaction");
      return { ...viewOf(found), ...(decided !== undefined && { review: reviewOf(decided) }) };
    },
  });
}

/** All of it but what ties placeholders to their values. */
function viewOf({ interaction, feedback, assessment }: LoadedInteraction): InteractionView {
  const { tenant: _, at, subject, repository, modelVersion, languages, tools, ...facts } = interaction.facts;
  const { syntax: __, placeholders: ___, history, code, ...content } = interaction.content;
  return {
    ...facts,
    at: iso(at),
    receivedAt: iso(interaction.receivedAt),
    ...(subject !== undefined && { subject }),
    ...(repository !== undefined && { repository }),
    ...(modelVersion !== undefined && { modelVersion }),
    languages: [...languages],
    tools: [...tools],
    redactions: { ...facts.redactions },
    ...content,
    history: [...history],
    code: [...code],
    feedback: feedback.map((of) => of.feedback),
    ...(assessment !== undefined && {
      assessment: {
        overall: assessment.overall,
        confidence: assessment.confidence,
        dimensions: { ...assessment.dimensions },
        why: [...assessment.why],
        assessor: assessment.assessorVersion,
        human: assessment.human ?? false,
        at: iso(assessment.assessedAt),
      },
    }),
  };
}

function reviewOf({ decidedAt, ...decided }: DecidedReview): NonNullable<InteractionView["review"]> {
  return { ...decided, decidedAt: iso(decidedAt) };
}
