import { expect, test } from "vitest";
import { MAX_REQUEST } from "../api/learning/batch.ts";
import { feedback, RETENTION_POINTS } from "../api/learning/feedback.ts";
import { context, INPUT_KINDS, interaction, MAX_BATCH, MAX_FIELD } from "../api/learning/interaction.ts";
import * as ours from "./limits.ts";
import { EventIds } from "./uuidv7.ts";

const id = new EventIds().next(Date.UTC(2026, 0, 1));
const at = "2026-01-01T00:00:00Z";
const plain = { id, at, kind: "prompt", servedModel: "coder", sessionId: "s", input: "i", output: "o" };
const takes = (more: object) => interaction.safeParse({ ...plain, ...more }).success;
const many = <T>(count: number, one: T) => Array.from({ length: count }, () => one);

test("the hook's limits are the API's", () => {
  expect(ours).toMatchObject({ MAX_FIELD, MAX_BATCH, MAX_REQUEST, KINDS: INPUT_KINDS, POINTS: RETENTION_POINTS });
});

test.each([
  ["turns", ours.MAX_HISTORY, (n: number) => takes({ history: many(n, { role: "user", content: "" }) })],
  ["blocks of code", ours.MAX_CODE_BLOCKS, (n: number) => takes({ code: many(n, { language: "go", after: "" }) })],
  ["a path", ours.MAX_PATH, (n: number) => takes({ code: [{ language: "go", after: "", path: "x".repeat(n) }] })],
  ["a session", ours.MAX_OPAQUE, (n: number) => takes({ sessionId: "x".repeat(n) })],
  ["a served model", ours.MAX_LABEL.servedModel, (n: number) => takes({ servedModel: "x".repeat(n) })],
  ["a version", ours.MAX_LABEL.modelVersion, (n: number) => takes({ modelVersion: "x".repeat(n) })],
  ["a language", ours.MAX_LABEL.language, (n: number) => takes({ code: [{ language: "x".repeat(n), after: "" }] })],
  ["tokens", ours.MAX_COUNT, (n: number) => takes({ usage: { promptTokens: n } })],
  ["a duration", ours.MAX_MILLISECONDS, (n: number) => takes({ usage: { durationMs: n } })],
  ["tool uses", ours.MAX_TOOL_USES, (n: number) => takesContext({ toolUsage: many(n, tool("t")) })],
  ["a tool", ours.MAX_LABEL.tool, (n: number) => takesContext({ toolUsage: [tool("x".repeat(n))] })],
  [
    "facts",
    ours.MAX_FACTS,
    (n: number) => takesContext({ project: Object.fromEntries(many(n, 0).map((_, i) => [`${i}`, 1])) }),
  ],
  ["a fact's key", ours.MAX_FACT_KEY, (n: number) => takesContext({ project: { ["x".repeat(n)]: 1 } })],
  ["a fact", ours.MAX_FACT_TEXT, (n: number) => takesContext({ project: { x: "x".repeat(n) } })],
  ["a comment", ours.MAX_COMMENT, (n: number) => takesFeedback({ type: "comment", text: "x".repeat(n) })],
])("%s: the API takes as much as the hook lets through, and no more", (_, most, takesThis) => {
  expect(takesThis(most)).toBe(true);
  expect(takesThis(most + 1)).toBe(false);
});

const tool = (name: string) => ({ name, outcome: "succeeded" });
const takesContext = (value: object) => context.safeParse(value).success;
const takesFeedback = (value: object) => feedback.safeParse({ id, interactionId: id, at, ...value }).success;
