import swagger from "@fastify/swagger";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import { z } from "zod";
import { feedback } from "../../api/learning/feedback.ts";
import { context, interaction } from "../../api/learning/interaction.ts";
import { interactionView } from "../../api/learning/interaction-view.ts";
import { dataPolicy, policySet } from "../../api/learning/policies.ts";
import { batchResult, problem } from "../../api/learning/results.ts";
import { task } from "../../api/learning/tasks.ts";
import { PROBLEMS, type ProblemCode } from "./errors.ts";
import type { Api } from "./types.ts";

/** Schemas that the document names, rather than repeat. Descriptions stand in zod's own registry, so names must, too. */
const NAMED: Readonly<Record<string, readonly [schema: z.ZodType, description: string]>> = {
  Interaction: [interaction, "One question and its answer."],
  Context: [context, "The state of the project when the user asked."],
  Feedback: [feedback, "What became of an answer."],
  BatchResult: [batchResult, "What became of each item of a batch, in their order."],
  StoredInteraction: [interactionView, "What is stored of an interaction, redacted."],
  PolicySet: [policySet, "All policies: what is not in it is no longer a policy."],
  Policy: [dataPolicy, "The part of a QualityPolicy that the data plane works by."],
  Task: [task, "Work that takes minutes."],
  Problem: [problem, "Why a whole request was refused (RFC 9457)."],
};
for (const [id, [schema, description]] of Object.entries(NAMED)) z.globalRegistry.add(schema, { id, description });

export const PROBLEM_TYPE = "application/problem+json";

/** Refusals that a route can answer with, and what each means. */
export function refusals(...codes: readonly ProblemCode[]) {
  const byStatus = new Map<number, ProblemCode[]>();
  const any: readonly ProblemCode[] = [
    "Invalid",
    "Unauthenticated",
    "Forbidden",
    "RateLimited",
    "Internal",
    "Unavailable",
  ];
  for (const code of new Set([...any, ...codes])) {
    const status = PROBLEMS[code][0];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, of]) => [
      status,
      {
        description: of.map((code) => `${code}: ${PROBLEMS[code][1]}`).join(". "),
        content: { [PROBLEM_TYPE]: { schema: problem } },
      },
    ]),
  );
}

/** Collects the document from the routes that come after it. */
export async function describeRoutes(app: Api, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "qi-learning: learning API",
        description:
          "Takes in what a coding assistant answered and what became of it, redacts it before it is stored, and " +
          "answers how good it was. Items of a batch are accepted or refused one by one.",
        version,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      components: {
        securitySchemes: {
          bearer: {
            type: "http",
            scheme: "bearer",
            description: "An API key (`qil_…`), or a Kubernetes service account's token for the audience qi-learning.",
          },
        },
      },
      tags: [
        { name: "collect", description: "What agents send" },
        { name: "look", description: "What analysts read" },
        { name: "run", description: "What operators do" },
        { name: "administer", description: "Keys and erasures" },
        { name: "watch", description: "Health and figures" },
      ],
    },
    transform: (route) => {
      const { schema, url } = jsonSchemaTransform(route);
      const access = route.route.config?.access;
      const open = access === "public" || access === undefined;
      return {
        url,
        schema: { ...schema, security: open ? [] : [{ bearer: [] }], ...(!open && { "x-roles": access }) },
      };
    },
    transformObject: jsonSchemaTransformObject,
  });
}
