import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataPolicy } from "../../api/learning/policies.ts";
import type { InteractionContent } from "../model.ts";
import { codeParser } from "../syntax/index.ts";
import { createAssessment } from "./assess.ts";
import { standardAssessors } from "./standard.ts";
import { type Said, subject } from "./testing/subject.ts";

const policy = dataPolicy.parse({ namespace: "team", name: "coder", servedModel: "coder" });
const failures: string[] = [];
const assess = createAssessment({
  assessors: standardAssessors(codeParser()),
  policyOf: () => policy,
  thresholdOf: () => 0.7,
  salt: "salt",
  failed: ({ dimension, reason }) => failures.push(`${dimension}: ${reason}`),
});

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.constantFrom("", "\0", "\ud800", "```", "💡".repeat(50)),
);
const language = fc.constantFrom("typescript", "python", "go", "befunge", "c++", "bash");
const content: fc.Arbitrary<Partial<InteractionContent>> = fc.record({
  input: text,
  output: text,
  reasoning: text,
  history: fc.array(fc.record({ role: fc.constantFrom("user" as const, "tool" as const), content: text }), {
    maxLength: 2,
  }),
  code: fc.array(fc.record({ language, path: text, before: text, after: text }), { maxLength: 3 }),
  syntax: fc.array(fc.record({ language, before: fc.constantFrom(0, 1, undefined), after: fc.constantFrom(0, 1) }), {
    maxLength: 2,
  }),
  context: fc.record({
    project: fc.dictionary(text, fc.oneof(text, fc.double({ noNaN: true }), fc.boolean()), { maxKeys: 3 }),
    toolUsage: fc.array(
      fc.record({ name: fc.constant("shell"), outcome: fc.constantFrom("failed" as const, "denied" as const) }),
      { maxLength: 2 },
    ),
  }),
  usage: fc.record({ completionTokens: fc.nat(), durationMs: fc.nat(), timeToFirstTokenMs: fc.nat() }),
});
const said: fc.Arbitrary<Said> = fc.oneof(
  fc.record({ type: fc.constant("rating" as const), rating: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ type: fc.constant("acceptance" as const), accepted: fc.boolean() }),
  fc.record({ type: fc.constant("edit" as const), block: fc.integer({ min: 0, max: 63 }), after: text }),
  fc.record({
    type: fc.constant("retention" as const),
    point: fc.constant("commit" as const),
    share: fc.integer({ min: 0, max: 100 }).map((hundredths) => hundredths / 100),
  }),
  fc.record({ type: fc.constant("compile" as const), succeeded: fc.boolean() }),
  fc.record({ type: fc.constant("test" as const), succeeded: fc.boolean(), passed: fc.nat(100), failed: fc.nat(100) }),
  fc.record({ type: fc.constant("deploy" as const), succeeded: fc.boolean() }),
);

describe("an assessment of odd input", () => {
  it("gives a score within 0 and 1 for whatever comes, without any assessor failing, and the same twice", async () => {
    await fc.assert(
      fc.asyncProperty(content, fc.array(said, { maxLength: 6 }), async (odd, feedback) => {
        const loaded = subject(odd, feedback);
        const [[scored], [again]] = [await assess([loaded]), await assess([loaded])];
        expect(scored).toEqual(again);
        const numbers = [scored?.overall, scored?.confidence, ...Object.values(scored?.dimensions ?? {})];
        for (const number of numbers) {
          expect(number).toBeGreaterThanOrEqual(0);
          expect(number).toBeLessThanOrEqual(1);
        }
        expect(failures).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ["one endless line", "x".repeat(1_000_000)],
    ["brackets only", "(".repeat(1_000_000)],
    ["open comments", "/*".repeat(500_000)],
    ["catch upon catch", "try{}catch(e){".repeat(70_000)],
    ["quotes and keywords", `"SELECT `.repeat(120_000)],
    ["names", "aA_a/".repeat(200_000)],
    ["words all alike", "again ".repeat(160_000)],
    ["passwords", "password = ".repeat(90_000)],
    ["spaces", " ".repeat(1_000_000)],
    ["curls", "curl x ".repeat(140_000)],
  ])("takes a bounded time over a megabyte of %s in every field", async (_, huge) => {
    const loaded = subject(
      {
        input: huge,
        output: huge,
        reasoning: huge,
        code: [
          { language: "typescript", before: huge, after: huge },
          { language: "python", path: huge.slice(0, 1024), after: huge },
        ],
        context: { project: { name: huge.slice(0, 4096) } },
      },
      [{ type: "edit", after: `${huge.slice(1000)} and more` }],
    );
    const started = performance.now();
    const [scored] = await assess([loaded]);
    expect(scored?.overall).toBeGreaterThanOrEqual(0);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
