import { describe, expect, it } from "vitest";
import { assessment } from "../../api/v1alpha1/learning.ts";
import type { Rollup, ThresholdChange } from "../store/port.ts";
import { analyse, calibration } from "./analysis.ts";
import { memoryStore } from "./testing/memory.ts";
import { adjustThresholds, thresholdReader } from "./thresholds.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = 1000 * DAY;
const policy = assessment.parse({});
const scopes = [{ tenant: "acme", policy: "team/coder", assessment: policy }];
const rollup = (at: number, over: Partial<Rollup> = {}): Rollup => ({
  at,
  facet: "all",
  dimension: "overall",
  n: 100,
  mean: 0.7,
  p10: 0.5,
  accepted: 60,
  ...over,
});
const changed = (at: number): ThresholdChange => ({
  tenant: "acme",
  policy: "team/coder",
  from: 0.7,
  to: 0.72,
  reason: "It was so.",
  at,
});
const hours = (count: number, over: Partial<Rollup> = {}) =>
  Array.from({ length: count }, (_, index) => rollup(NOW - (index + 1) * HOUR, over));

describe("thresholds", () => {
  it("are decided from rollups and stored with their reason", async () => {
    const store = memoryStore(hours(20));
    const [adjusted] = await adjustThresholds({ store, scopes, now: NOW });
    expect(adjusted).toMatchObject({
      outcome: "changed",
      decision: { change: { from: 0.7, to: expect.closeTo(0.72) } },
    });
    expect(store.changes).toMatchObject([
      {
        tenant: "acme",
        policy: "team/coder",
        from: 0.7,
        at: NOW,
        reason: expect.stringMatching(/^1200 of 2000 scores/),
      },
    ]);
  });

  it("are left alone when another process was first", async () => {
    const store = memoryStore(hours(20));
    const raced = {
      ...store,
      thresholds: { ...store.thresholds, history: async () => [], change: async () => false },
    };
    expect(await adjustThresholds({ store: raced, scopes, now: NOW })).toMatchObject([{ outcome: "lost" }]);
  });

  it("are written once, however often and by whomever they are decided in a window", async () => {
    const store = memoryStore(hours(48));
    await Promise.all([1, 2, 3].map((ms) => adjustThresholds({ store, scopes, now: NOW + ms })));
    expect(store.changes.length).toBe(1);
  });

  it("count only whole hours since the last change", async () => {
    const at = NOW - 2 * DAY + HOUR / 2;
    const mixed = [rollup(at - HOUR / 2, { n: 10_000, accepted: 0 }), ...hours(20)];
    const [adjusted] = await adjustThresholds({ store: memoryStore(mixed, [changed(at)]), scopes, now: NOW });
    expect(adjusted?.decision.reason).toMatch(/^1200 of 2000 scores/);
  });

  it("hold where nothing was scored", async () => {
    expect(await adjustThresholds({ store: memoryStore([]), scopes, now: NOW })).toMatchObject([{ outcome: "held" }]);
  });

  it("are not lowered while satisfaction falls", async () => {
    const fallen = [
      ...hours(24, { accepted: 5 }),
      ...hours(24, { dimension: "satisfaction", mean: 0.5 }),
      ...hours(24, { dimension: "satisfaction", mean: 0.8 }).map((one) => ({ ...one, at: one.at - DAY })),
    ];
    const [adjusted] = await adjustThresholds({ store: memoryStore(fallen), scopes, now: NOW });
    expect(adjusted).toMatchObject({
      outcome: "held",
      decision: { reason: expect.stringContaining("while quality falls") },
    });
  });

  it("are read seldom, within the policy's bounds, and again after a read that failed", async () => {
    let reads = 0;
    let now = 0;
    let down = true;
    const read = thresholdReader(
      {
        current: async () => {
          reads += 1;
          if (down) throw new Error("The store is down.");
          return { ...changed(0), to: 0.99 };
        },
      },
      1000,
      () => now,
    );
    await expect(read("acme", "team/coder", policy)).rejects.toThrow("down");
    down = false;
    expect(await read("acme", "team/coder", policy)).toBe(policy.threshold.max);
    now = 999;
    await read("acme", "team/coder", policy);
    expect(reads).toBe(2);
    now = 1000;
    await read("acme", "team/coder", policy);
    expect(reads).toBe(3);
    expect(await read("acme", "team/coder", { ...policy, threshold: { ...policy.threshold, mode: "Fixed" } })).toBe(
      0.7,
    );
  });
});

describe("the analysis for the API", () => {
  it("pools hours and compares the share accepted, too", async () => {
    const store = memoryStore([
      ...hours(10),
      ...hours(10, { facet: "language:go", n: 30, mean: 0.6, accepted: 3 }),
      ...hours(10, { facet: "kind:prompt", n: 100, accepted: 60 }),
    ]);
    const { findings } = await analyse({ store, tenant: "acme", policy: "team/coder", from: NOW - DAY, to: NOW });
    expect(findings.map(({ facet, measure, n }) => `${facet} ${measure} ${n}`)).toEqual([
      "language:go accepted 300",
      "language:go overall 300",
    ]);
  });

  it("reports calibration from the decided reviews", async () => {
    const points = Array.from({ length: 120 }, () => ({ confidence: 0.9, agreed: true, reason: "Audit" as const }));
    const store = { reviews: { calibration: async () => points } };
    const report = await calibration({
      store: store as never,
      tenant: "acme",
      policy: "team/coder",
      review: policy.review,
      limit: 1000,
    });
    expect(report.audit.error).toBeCloseTo(0.1);
  });
});
