import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { timestamp } from "../../src/api/v1alpha1/common.ts";
import { run } from "../common/objects.fixture.ts";
import { decidedEnding, doneEnding, newestEnding } from "./outcome.ts";
import { newestProgress } from "./progress.ts";
import { adapter, attempt, endedPod, job, planFor, recorded } from "./run.fixture.ts";

const train = job("train", 1, "Complete");

describe("the newest end among a Job's pods", () => {
  it("is the last by time, and of two in one second the one that failed", () => {
    const early = endedPod(train, 45, {}, { at: "2026-11-22T13:00:00Z" });
    const late = endedPod(train, 0, {}, { at: "2026-11-22T13:10:00Z" });
    const failed = endedPod(train, 1, {}, { at: "2026-11-22T13:10:00Z" });
    expect(newestEnding([early, late])?.exitCode).toBe(0);
    expect(newestEnding([late, failed, early])?.exitCode).toBe(1);
    expect(newestEnding([])).toBeUndefined();
  });

  it("has the runtime's reason where the trainer left no message", () => {
    expect(newestEnding([endedPod(train, 137, undefined, { reason: "OOMKilled" })])?.said.reason).toBe("OOMKilled");
    expect(newestEnding([endedPod(train, 1, '{"reason": "Trun', {})])?.said.reason).toBe("Error");
  });

  it("costs a figure, not the run, where a field is not what it should be", () => {
    const said = { reason: "Completed", metrics: { loss: "NaN", perplexity: 2 }, adapter, dataset: { rows: -1 } };
    expect(newestEnding([endedPod(train, 0, said)])?.said).toMatchObject({
      reason: "Completed",
      metrics: { loss: undefined, perplexity: 2 },
      dataset: undefined,
      adapter,
    });
  });
});

/** Anything that JSON can say, and above all things that look like a termination message and are not quite one. */
const junk = fc.oneof(
  fc.string(),
  fc.json(),
  fc
    .record(
      {
        reason: fc.oneof(fc.string({ maxLength: 300 }), fc.jsonValue()),
        message: fc.oneof(fc.string({ maxLength: 3000 }), fc.jsonValue()),
        metrics: fc.oneof(fc.jsonValue(), fc.record({ loss: fc.double(), evaluationLoss: fc.double() })),
        dataset: fc.oneof(
          fc.jsonValue(),
          fc.record({ rows: fc.integer(), used: fc.integer(), tooLong: fc.integer(), thinking: fc.integer() }),
        ),
        checkpoint: fc.oneof(fc.jsonValue(), fc.record({ uri: fc.string(), step: fc.double() })),
        adapter: fc.oneof(fc.jsonValue(), fc.constant(adapter), fc.record({ uri: fc.webUrl(), sha256: fc.string() })),
        artifact: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    .map((said) => JSON.stringify(said)),
);

describe("whatever a container says in its last breath", () => {
  it("is parsed without throwing", () => {
    fc.assert(
      fc.property(junk, fc.integer({ min: 0, max: 255 }), (said, exitCode) => {
        const pods = [endedPod(train, exitCode, said)];
        newestEnding(pods);
        decidedEnding(pods);
        doneEnding(pods, "train");
      }),
    );
  });

  it("leads to a status that the API server takes", () => {
    const subjects = recorded(run({}, {}, { attempts: [attempt()] }));
    const jobs = { 0: train, 42: job("train", 1, "PodFailurePolicy"), 45: job("train", 1) } as const;
    fc.assert(
      fc.property(junk, fc.constantFrom(0, 42, 45), (said, exitCode) => {
        // planFor parses every status by the schema that the CRD is made from.
        const of = jobs[exitCode as keyof typeof jobs];
        planFor([...subjects, of, endedPod(of, exitCode, said)]);
      }),
      { numRuns: 60 },
    );
  });
});

describe("progress", () => {
  const line = (fields: object) => JSON.stringify({ time: "2026-11-22T14:00:00Z", event: "progress", ...fields });

  it("is the newest line that tells of it, in whole percent and half minutes", () => {
    const log = [
      line({ step: "Training", progress: 0.1, loss: 2 }),
      line({ step: "Training", progress: 0.29, loss: 1.5, expectedAt: "2026-11-22T14:09:31.5Z" }),
      '{"event": "checkpoint"}',
      "a library prints",
    ].join("\n");
    expect(newestProgress(log)).toEqual({
      step: "Training",
      percent: 29,
      loss: 1.5,
      expectedTime: "2026-11-22T14:10:00Z",
    });
    expect(newestProgress("")).toBeUndefined();
  });

  it("survives any log, and never says what a status could not hold", () => {
    const fields = fc.record(
      {
        step: fc.oneof(fc.string(), fc.jsonValue()),
        progress: fc.oneof(fc.double(), fc.double({ min: 0, max: 1, noNaN: true })),
        loss: fc.oneof(fc.double(), fc.constant(null)),
        expectedAt: fc.oneof(
          fc.string(),
          fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        ),
      },
      { requiredKeys: [] },
    );
    const lines = fc.array(
      fc.oneof(
        fc.string(),
        fc.json(),
        fields.map(line),
        fields.map((f) => line(f).slice(3)),
      ),
    );
    fc.assert(
      fc.property(lines, (log) => {
        const progress = newestProgress(log.join("\n"));
        if (progress === undefined) return;
        expect(Number.isInteger(progress.percent) && progress.percent >= 0 && progress.percent <= 100).toBe(true);
        timestamp.optional().parse(progress.expectedTime);
      }),
    );
  });

  it("of n hundredths is n percent", () => {
    for (let n = 0; n <= 100; n += 1)
      expect(newestProgress(line({ step: "Training", progress: n / 100 }))?.percent).toBe(n);
  });
});
