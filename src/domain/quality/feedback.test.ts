import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Feedback } from "../../api/learning/feedback.ts";
import { functionalCorrectness, outcomeOf } from "./correctness.ts";
import { lastWords } from "./feedback.ts";

let number = 0;
const head = (minute = 0) => ({
  id: `0190d4a0-0000-7000-8000-${String(number++).padStart(12, "0")}`,
  interactionId: "0190d4a0-0000-7000-8000-ffffffffffff",
  at: new Date(Date.UTC(2026, 0, 1, 12, minute)).toISOString(),
});

describe("the last word", () => {
  it("of a kind of feedback counts, by the time it was given and not by when it came", () => {
    const words = lastWords([
      { ...head(5), type: "rating", rating: 2 },
      { ...head(1), type: "rating", rating: 5 },
      { ...head(2), type: "acceptance", accepted: false },
    ]);
    expect(words.rating?.rating).toBe(2);
    expect(words.acceptance?.accepted).toBe(false);
  });

  it("on retention is the one looked at latest after the acceptance", () => {
    const words = lastWords([
      { ...head(9), type: "retention", point: "30s", share: 1 },
      { ...head(1), type: "retention", point: "commit", share: 0.3 },
      { ...head(3), type: "retention", point: "10m", share: 0.6 },
    ]);
    expect(words.retention).toMatchObject({ point: "commit", share: 0.3 });
  });

  it("on edits is kept for each block", () => {
    const words = lastWords([
      { ...head(3), type: "edit", block: 1, after: "b2" },
      { ...head(1), type: "edit", block: 1, after: "b1" },
      { ...head(1), type: "edit", block: 0, after: "a" },
    ]);
    expect(words.edits.map(({ after }) => after)).toEqual(["a", "b2"]);
  });

  it("does not depend on the order in which feedback came, even at the same moment", () => {
    const item: fc.Arbitrary<Feedback> = fc
      .oneof(
        fc.record({ type: fc.constant("rating" as const), rating: fc.integer({ min: 1, max: 5 }) }),
        fc.record({ type: fc.constant("acceptance" as const), accepted: fc.boolean() }),
        fc.record({ type: fc.constant("edit" as const), block: fc.integer({ min: 0, max: 2 }), after: fc.string() }),
        fc.record({
          type: fc.constant("retention" as const),
          point: fc.constantFrom("30s" as const, "10m" as const, "commit" as const),
          share: fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000),
        }),
        fc.record({ type: fc.constant("test" as const), succeeded: fc.boolean() }),
      )
      .chain((body) => fc.integer({ min: 0, max: 2 }).map((minute) => ({ ...head(minute), ...body })));
    const shuffled = fc
      .array(item, { maxLength: 12 })
      .chain((items) => fc.tuple(fc.constant(items), fc.shuffledSubarray(items, { minLength: items.length })));
    fc.assert(
      fc.property(shuffled, ([items, others]) => {
        expect(lastWords(others)).toEqual(lastWords(items));
      }),
    );
  });
});

describe("functional correctness", () => {
  const judge = (...items: Feedback[]) => functionalCorrectness(lastWords(items));

  it("says nothing where nothing was reported", () => {
    expect(judge()).toBeUndefined();
    expect(outcomeOf(lastWords([]))).toEqual({ compiles: undefined, testsPass: undefined, deploys: undefined });
  });

  it("grows in strength with each check, up to all three", () => {
    const [compile, test, deploy]: [Feedback, Feedback, Feedback] = [
      { ...head(), type: "compile", succeeded: true },
      { ...head(), type: "test", succeeded: true },
      { ...head(), type: "deploy", succeeded: true },
    ];
    const all = [judge(compile), judge(compile, test), judge(compile, test, deploy)];
    expect(all.map((one) => one?.value)).toEqual([1, 1, 1]);
    const strengths = all.map((one) => one?.strength ?? 0);
    expect(strengths).toEqual(strengths.toSorted((a, b) => a - b));
    expect(new Set(strengths).size).toBe(3);
  });

  it("counts failing tests by the share that passed", () => {
    expect(judge({ ...head(), type: "test", succeeded: false, passed: 9, failed: 1 })?.value).toBeCloseTo(0.9);
    expect(judge({ ...head(), type: "test", succeeded: false })?.value).toBe(0);
    expect(judge({ ...head(), type: "test", succeeded: false, passed: 3, failed: 0 })?.value).toBe(0);
  });

  it("weighs contradictory reports and says both", () => {
    const judged = judge(
      { ...head(), type: "compile", succeeded: false },
      { ...head(), type: "test", succeeded: true },
    );
    expect(judged?.value).toBeCloseTo(0.5 / 0.8);
    expect(judged?.because).toBe("Reported: it does not compile, its tests pass.");
  });
});
