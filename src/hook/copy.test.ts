import fc from "fast-check";
import { expect, test } from "vitest";
import { feedback } from "../api/learning/feedback.ts";
import { interaction, MAX_FIELD } from "../api/learning/interaction.ts";
import { Copy, Unfit } from "./copy.ts";
import { copyFeedback } from "./copy-feedback.ts";
import { copyInteraction } from "./copy-interaction.ts";
import type { RecordInput } from "./given.ts";
import { EventIds } from "./uuidv7.ts";

const NOW = Date.UTC(2026, 0, 1);
const ID = new EventIds().next(NOW);
const own = {
  servedModel: "coder",
  modelVersion: undefined,
  kind: "prompt",
  sessionId: "session",
  subject: undefined,
  repository: undefined,
  context: { project: { name: "shop" }, environment: { platform: "linux" } },
  contextUnits: 40,
} as const;

const copied = (given: unknown, copy = new Copy()) => copyInteraction(given as RecordInput, own, ID, NOW, copy);

/** Sometimes right, sometimes anything at all. */
const odd = <T>(right: fc.Arbitrary<T>) => fc.oneof({ arbitrary: right, weight: 4 }, fc.anything({ withBigInt: true }));
const label = fc.constantFrom("typescript", "C#", "", "ts {1,3}", "x".repeat(400), "tool.run", "<b>");
const facts = odd(
  fc.dictionary(fc.string({ maxLength: 80 }), odd(fc.oneof(fc.string(), fc.double())), { maxKeys: 90 }),
);

const anyInteraction = fc.record(
  {
    input: odd(fc.string({ minLength: 1 })),
    output: odd(fc.string()),
    at: odd(fc.oneof(fc.date({ noInvalidDate: false }), fc.double(), fc.constant("2026-01-01T00:00:00Z"))),
    kind: odd(fc.constantFrom("command", "workflow", "prompt")),
    servedModel: fc.option(fc.constant("other"), { nil: undefined }),
    modelVersion: odd(label),
    thinking: odd(fc.boolean()),
    sessionId: odd(fc.string({ minLength: 1, maxLength: 300 })),
    subject: odd(fc.string({ maxLength: 300 })),
    reasoning: odd(fc.string()),
    history: fc.option(
      fc.array(odd(fc.record({ role: odd(fc.constantFrom("user", "tool")), content: odd(fc.string()) })), {
        maxLength: 150,
      }),
      { nil: undefined },
    ),
    code: fc.option(
      fc.array(
        fc.record({ language: odd(label), path: odd(fc.string()), before: odd(fc.string()), after: fc.string() }),
        {
          maxLength: 80,
        },
      ),
      { nil: undefined },
    ),
    context: odd(
      fc.record({
        project: facts,
        codebase: facts,
        toolUsage: odd(
          fc.array(
            odd(fc.record({ name: odd(label), outcome: odd(fc.constant("failed")), durationMs: odd(fc.double()) })),
            {
              maxLength: 300,
            },
          ),
        ),
      }),
    ),
    usage: odd(fc.record({ promptTokens: odd(fc.double()), durationMs: odd(fc.double()) })),
  },
  { requiredKeys: ["input", "output"] },
);

test("whatever is handed over fits the API once copied, or is dropped", () => {
  let fitted = 0;
  fc.assert(
    fc.property(anyInteraction, (given) => {
      let body: unknown;
      try {
        body = copied(given);
      } catch (error) {
        if (!(error instanceof Unfit) && !(error instanceof TypeError)) throw error;
        return;
      }
      fitted += 1;
      const parsed = interaction.safeParse(JSON.parse(JSON.stringify(body)));
      expect(parsed.error?.issues ?? []).toEqual([]);
    }),
    { numRuns: 500 },
  );
  expect(fitted).toBeGreaterThan(50);
});

test("whatever feedback is given fits the API once copied, or is dropped", () => {
  const anyFeedback = fc.record({
    type: odd(fc.constantFrom("rating", "acceptance", "edit", "retention", "compile", "test", "deploy", "comment")),
    rating: odd(fc.integer({ min: 0, max: 6 })),
    accepted: odd(fc.boolean()),
    block: odd(fc.integer({ min: -1, max: 70 })),
    after: odd(fc.string()),
    point: odd(fc.constantFrom("30s", "commit")),
    share: odd(fc.double({ min: -0.5, max: 1.5 })),
    succeeded: odd(fc.boolean()),
    passed: odd(fc.double({ min: -1, max: 2e7 })),
    text: odd(fc.string()),
  });
  let fitted = 0;
  fc.assert(
    fc.property(anyFeedback, (given) => {
      let body: unknown;
      try {
        body = copyFeedback(ID, given as never, ID, NOW, new Copy());
      } catch (error) {
        if (!(error instanceof Unfit)) throw error;
        return;
      }
      fitted += 1;
      expect(feedback.safeParse(JSON.parse(JSON.stringify(body))).error?.issues ?? []).toEqual([]);
    }),
    { numRuns: 1000 },
  );
  expect(fitted).toBeGreaterThan(50);
});

test("what the agent changes afterwards changes nothing that was recorded", () => {
  const given = { input: "a", output: "b", history: [{ role: "user", content: "c" }], context: { project: { x: 1 } } };
  const body = copied(given);
  given.history.push({ role: "user", content: "later" });
  given.history[0] = { role: "user", content: "other" };
  given.context.project.x = 2;
  expect(body.history).toEqual([{ role: "user", content: "c" }]);
  expect(body.context?.project).toEqual({ name: "shop", x: 1 });
});

test("the captured context stays as it is when one interaction adds to it", () => {
  copied({ input: "a", output: "b", context: { project: { name: "mine" } } });
  expect(own.context.project).toEqual({ name: "shop" });
  expect(copied({ input: "a", output: "b" }).context).toBe(own.context);
});

test("of a long conversation the newest turns are kept, without a hole", () => {
  const history = Array.from({ length: 200 }, (_, turn) => ({ role: "user", content: `${turn}` }));
  const kept = copied({ input: "a", output: "b", history }).history;
  expect(kept).toHaveLength(128);
  expect(kept?.at(-1)?.content).toBe("199");
  history[150] = { role: "user", content: "x".repeat(MAX_FIELD + 1) };
  const copy = new Copy();
  expect(copied({ input: "a", output: "b", history }, copy).history?.[0]?.content).toBe("151");
  expect(copy.leftOut).toBe(1);
});

test("a text that the API would not take is left out where it may be, and drops the whole where it may not", () => {
  const long = "x".repeat(MAX_FIELD + 1);
  expect(copied({ input: "a", output: "b", reasoning: long }).reasoning).toBeUndefined();
  expect(() => copied({ input: "a", output: long })).toThrow("tooLarge");
  expect(() => copied({ input: "", output: "" })).toThrow("invalid");
  expect(() => copied({ input: "a", output: "b", code: [{ language: "go", after: long }] })).toThrow("tooLarge");
});

test("durations as timers give them are rounded rather than refused", () => {
  const usage = copied({ input: "a", output: "b", usage: { durationMs: 12.34, promptTokens: -1 } }).usage;
  expect(usage).toEqual({ durationMs: 12 });
});

test("the texts' length is known without looking into them", () => {
  const copy = new Copy();
  copied({ input: "12345", output: "123", history: [{ role: "user", content: "12" }] }, copy);
  expect(copy.units).toBe("coder".length + "session".length + 5 + 3 + 2 + own.contextUnits);
});
