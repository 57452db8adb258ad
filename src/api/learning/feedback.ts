import { z } from "zod";
import { eventId, instant, MAX_FIELD } from "./interaction.ts";

const head = { id: eventId, interactionId: eventId, at: instant };
const count = z.int().min(0).max(10_000_000);

/** When retention was looked at, counted from the acceptance. */
export const RETENTION_POINTS = ["30s", "2m", "5m", "10m", "commit"] as const;

/** What became of an answer. Append-only: later feedback of a type stands beside the earlier, and counts instead. */
export const feedback = z.discriminatedUnion("type", [
  z.strictObject({ ...head, type: z.literal("rating"), rating: z.int().min(1).max(5) }),
  z.strictObject({ ...head, type: z.literal("acceptance"), accepted: z.boolean() }),
  z
    .strictObject({
      ...head,
      type: z.literal("edit"),
      block: z.int().min(0).max(63).default(0).describe("Index into the interaction's `code`."),
      after: z.string().max(MAX_FIELD).describe("The code as the user left it."),
    })
    .describe("What the user made of the code."),
  z.strictObject({
    ...head,
    type: z.literal("retention"),
    point: z.enum(RETENTION_POINTS),
    share: z.number().min(0).max(1).describe("Share of the accepted characters that still stand."),
  }),
  z.strictObject({ ...head, type: z.literal("compile"), succeeded: z.boolean() }),
  z.strictObject({
    ...head,
    type: z.literal("test"),
    succeeded: z.boolean(),
    passed: count.exactOptional(),
    failed: count.exactOptional(),
  }),
  z.strictObject({ ...head, type: z.literal("deploy"), succeeded: z.boolean() }),
  z.strictObject({ ...head, type: z.literal("comment"), text: z.string().min(1).max(16_384) }),
]);

export const FEEDBACK_TYPES = [
  "rating",
  "acceptance",
  "edit",
  "retention",
  "compile",
  "test",
  "deploy",
  "comment",
] as const;

export type FeedbackInput = z.input<typeof feedback>;
export type Feedback = z.output<typeof feedback>;
export type FeedbackType = Feedback["type"];
