import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AttemptSettings, adjusted } from "./hyperparameters.ts";

const settings: fc.Arbitrary<AttemptSettings> = fc.record({
  learningRate: fc.double({ min: 1e-8, max: 1, noNaN: true }),
  microBatchSize: fc.integer({ min: 1, max: 1024 }),
  checkpointKey: fc.constant("attempt-1"),
});
const failure = fc.constantFrom("Diverged" as const, "OutOfMemory" as const);

describe("settings after a failure", () => {
  it("are halved once, told in a sentence, and nothing else", () => {
    const last = { learningRate: 2e-4, microBatchSize: 5, checkpointKey: "attempt-3" };
    expect(adjusted("OutOfMemory", last, { number: 4, askedLearningRate: 2e-4 })).toEqual({
      settings: { ...last, microBatchSize: 2 },
      change: "microBatchSize 5 → 2: out of memory",
    });
    expect(adjusted("Diverged", last, { number: 4, askedLearningRate: 2e-4 })).toEqual({
      settings: { learningRate: 1e-4, microBatchSize: 5, checkpointKey: "attempt-4" },
      change: "learningRate 0.0002 → 0.0001: the loss diverged",
    });
  });

  it("carry nothing over of the attempt that failed but what they are", () => {
    fc.assert(
      fc.property(failure, settings, (why, last) => {
        const ended = { ...last, number: 1, exitCode: 43, change: "before" };
        const next = adjusted(why, ended, { number: 2, askedLearningRate: last.learningRate });
        const names = ["checkpointKey", "learningRate", "microBatchSize"];
        if (next !== undefined) expect(Object.keys(next.settings).sort()).toEqual(names);
      }),
    );
  });

  it("come to an end, within a sixteenth of the learning rate and at a micro-batch of one", () => {
    fc.assert(
      fc.property(settings, fc.array(failure, { minLength: 30, maxLength: 40 }), (first, failures) => {
        let last = first;
        let changes = 0;
        for (const [index, why] of failures.entries()) {
          const next = adjusted(why, last, { number: index + 2, askedLearningRate: first.learningRate });
          if (next === undefined) continue;
          changes += 1;
          last = next.settings;
          expect(last.learningRate).toBeGreaterThanOrEqual(first.learningRate / 16);
          expect(Number.isInteger(last.microBatchSize) && last.microBatchSize >= 1).toBe(true);
        }
        expect(changes).toBeLessThanOrEqual(4 + 10);
      }),
    );
  });
});
