import { z } from "zod";

/** Greatest length of one text field, in UTF-16 units: 1 MiB of ASCII. */
export const MAX_FIELD = 1_048_576;
/** Greatest number of items in one request. */
export const MAX_BATCH = 500;

/** Made by the client, so that a repeated request is recognised; its time part says on which day the row lies. */
export const eventId = z.uuidv7().toLowerCase().describe("UUIDv7 made by the client: the idempotency key.");

export const instant = z.iso.datetime({ offset: true }).describe("RFC 3339 time with an offset.");

/** What languages, tools, models, versions and the like are called: never free text. */
const label = (length: number) =>
  z
    .string()
    .min(1)
    .max(length)
    .regex(/^[A-Za-z0-9][A-Za-z0-9 ._:/@+#-]*$/);

const text = z.string().max(MAX_FIELD);
/** An identifier of the client's own; stored only as a keyed hash. */
const opaque = z.string().min(1).max(256);
const milliseconds = z
  .int()
  .min(0)
  .max(7 * 86_400_000);

export const INPUT_KINDS = ["command", "workflow", "prompt"] as const;
export const inputKind = z.enum(INPUT_KINDS).describe("How the user asked.");

const message = z.strictObject({
  role: z.enum(["system", "user", "assistant", "tool"]),
  content: text,
});

/** A piece of code that the answer offered. `before` is what stood there, where something did. */
export const codeBlock = z.strictObject({
  language: label(32).transform((name) => name.toLowerCase()),
  path: z.string().max(1024).exactOptional().describe("Where it belongs, relative to the repository."),
  before: text.exactOptional(),
  after: text,
});

export const toolUse = z.strictObject({
  name: label(64),
  outcome: z.enum(["succeeded", "failed", "denied"]),
  durationMs: milliseconds.exactOptional(),
});

const facts = z
  .record(z.string().min(1).max(64), z.union([z.string().max(4096), z.number(), z.boolean()]))
  .refine((record) => Object.keys(record).length <= 64, "at most 64 entries");

export const context = z
  .strictObject({
    project: facts.exactOptional().describe("Name, kind, frameworks."),
    codebase: facts.exactOptional().describe("Languages, open files, branch."),
    environment: facts.exactOptional().describe("Operating system, editor, runtime versions."),
    toolUsage: z.array(toolUse).max(256).exactOptional().describe("Tools the agent used on the way to this answer."),
  })
  .describe("The state of the project when the user asked.");

export const usage = z.strictObject({
  promptTokens: z.int().min(0).max(10_000_000).exactOptional(),
  completionTokens: z.int().min(0).max(10_000_000).exactOptional(),
  durationMs: milliseconds.exactOptional(),
  timeToFirstTokenMs: milliseconds.exactOptional(),
});

/** One question and its answer. */
export const interaction = z.strictObject({
  id: eventId,
  at: instant.describe("When the answer was complete."),
  kind: inputKind,
  servedModel: label(63).describe("The name by which the model was asked for; it finds the QualityPolicy."),
  modelVersion: label(253).exactOptional().describe("The ModelVersion that answered."),
  thinking: z.boolean().default(false).describe("Whether the model was asked to reason before answering."),
  sessionId: opaque.describe("What belongs to one conversation; stored as a keyed hash."),
  subject: opaque.exactOptional().describe("The person, for erasure; stored as a keyed hash."),
  repository: opaque.exactOptional().describe("The repository worked on; stored as a keyed hash."),
  history: z.array(message).max(128).default([]).describe("Turns before this one, oldest first."),
  input: text.min(1),
  output: text,
  reasoning: text.exactOptional().describe("The model's thinking, without its tags."),
  code: z.array(codeBlock).max(64).default([]).describe("Code that the answer offered."),
  context: context.exactOptional(),
  usage: usage.exactOptional(),
});

export type InteractionInput = z.input<typeof interaction>;
export type Interaction = z.output<typeof interaction>;
export type InputKind = z.output<typeof inputKind>;
export type CodeBlock = z.output<typeof codeBlock>;
export type ToolUse = z.output<typeof toolUse>;
export type Context = z.output<typeof context>;
