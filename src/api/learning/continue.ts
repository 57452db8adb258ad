import { z } from "zod";
import { MAX_FIELD } from "./interaction.ts";
import { itemResult } from "./results.ts";

/** Version of Continue's dev-data schemas that is understood: set `schema: 0.2.0` on the data destination. */
export const CONTINUE_SCHEMA = "0.2.0";

const name = z.string().max(256);
const text = z.string().max(MAX_FIELD);
const base = {
  timestamp: z.iso.datetime({ offset: true }),
  userId: name.optional(),
  modelName: name,
};

/** What is read of the events that are translated (continuedev/continue, packages/config-yaml, 2.0.0). Other fields are left alone. */
export const continueEvents = {
  chatInteraction: z.object({ ...base, prompt: text, completion: text, sessionId: name.min(1) }),
  chatFeedback: z.object({
    ...base,
    prompt: text,
    completion: text,
    sessionId: name.min(1),
    feedback: z.boolean().optional(),
  }),
  editOutcome: z.object({
    ...base,
    prompt: text,
    completion: text,
    previousCode: text,
    newCode: text,
    accepted: z.boolean(),
    filepath: z.string().max(4096),
  }),
} as const;

/** One event, as Continue posts it to a data destination. */
export const continueEvent = z
  .object({
    name: z.string().max(64).describe("Which event."),
    schema: z.string().max(16).describe(`Version of its schema: ${CONTINUE_SCHEMA}.`),
    level: z.enum(["all", "noCode"]).optional().describe("Events without code say too little and are ignored."),
    data: z.unknown().describe("The event."),
  })
  .describe("An event of Continue's dev data.");

export const continueResult = z
  .strictObject({
    results: z.array(itemResult).describe("What became of the interaction and the feedback it was translated to."),
    ignored: z.string().exactOptional().describe("Why nothing was made of it."),
  })
  .describe("What became of an event.");

export type ContinueResult = z.output<typeof continueResult>;
