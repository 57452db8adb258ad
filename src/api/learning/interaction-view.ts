import { z } from "zod";
import { FEEDBACK_TYPES, feedback } from "./feedback.ts";
import { context, eventId, inputKind, instant, usage } from "./interaction.ts";
import { policyName } from "./tasks.ts";

const share = z.number().min(0).max(1);
const keyedHash = z.string().describe("Keyed hash of what the client sent.");
const cursor = z.string().min(1).max(1024).describe("`next` of the page before.");

export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(500).default(50).describe("Greatest number of items in the answer."),
  cursor: cursor.exactOptional(),
};
export const next = z.string().exactOptional().describe("Cursor of the next page; absent at the end.");

export const interactionQuery = z
  .strictObject({
    policy: policyName.exactOptional(),
    from: instant.exactOptional().describe("Answers complete at this time or later."),
    to: instant.exactOptional().describe("Answers complete before this time."),
    session: z.string().min(1).max(256).exactOptional().describe("The session's id as the client sent it."),
    kind: inputKind.exactOptional(),
    language: z.string().min(1).max(32).exactOptional(),
    tool: z.string().min(1).max(64).exactOptional(),
    modelVersion: z.string().min(1).max(253).exactOptional(),
    minOverall: z.coerce.number().min(0).max(1).exactOptional(),
    maxOverall: z.coerce.number().min(0).max(1).exactOptional(),
    feedback: z.enum(FEEDBACK_TYPES).exactOptional().describe("Only interactions with feedback of this type."),
    ...pageQuery,
  })
  .describe("Which interactions; all that is given must hold.");

export const idParams = z.strictObject({ id: eventId }).describe("Names one.");

/** What is stored of an interaction. All text was redacted before it was stored. */
export const interactionView = z
  .strictObject({
    id: eventId,
    at: instant,
    receivedAt: instant,
    policy: policyName,
    policyRevision: z.int(),
    kind: inputKind,
    servedModel: z.string(),
    modelVersion: z.string().exactOptional(),
    thinking: z.boolean(),
    session: keyedHash,
    subject: keyedHash.exactOptional(),
    repository: keyedHash.exactOptional(),
    contributor: z.string().describe("Id of the API key by which it came."),
    languages: z.array(z.string()),
    tools: z.array(z.string()),
    redactions: z.record(z.string(), z.int()).describe("How many of each type were replaced."),
    history: z.array(z.strictObject({ role: z.string(), content: z.string() })),
    input: z.string(),
    output: z.string(),
    reasoning: z.string().exactOptional(),
    code: z.array(
      z.strictObject({
        language: z.string(),
        path: z.string().exactOptional(),
        before: z.string().exactOptional(),
        after: z.string(),
      }),
    ),
    context: context.exactOptional(),
    usage: usage.exactOptional(),
    feedback: z.array(feedback).describe("In the order received."),
    assessment: z
      .strictObject({
        overall: share,
        confidence: share,
        dimensions: z.record(z.string(), share).describe("Those without evidence are missing."),
        why: z.array(z.string()),
        assessor: z.string(),
        human: z.boolean().describe("Whether a person decided."),
        at: instant,
      })
      .exactOptional()
      .describe("Absent: not assessed yet."),
    review: z
      .strictObject({
        verdict: z.enum(["include", "exclude"]).describe("Whether it is worth learning from, whatever the threshold."),
        overall: share.describe("The person's own score."),
        note: z.string().exactOptional().describe("What the person said with it, redacted before it was stored."),
        reviewer: z.string().describe("Who decided: the id of an API key."),
        decidedAt: instant,
      })
      .exactOptional()
      .describe("What a person decided, where one interaction is asked for. Absent: nobody has."),
  })
  .describe("What is stored of an interaction. All text was redacted before it was stored.");

export const interactionPage = z
  .strictObject({ items: z.array(interactionView).describe("Newest first."), next })
  .describe("A page of interactions.");

export type InteractionView = z.output<typeof interactionView>;
export type InteractionQuery = z.output<typeof interactionQuery>;
