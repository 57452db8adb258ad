import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assessment } from "../../api/v1alpha1/learning.ts";
import { STEERING } from "./numbers.ts";
import { adjustThreshold, effectiveThreshold, type Lean, type PastChange, type ThresholdPolicy } from "./threshold.ts";

const DAY = 86_400_000;
const policy = assessment.parse({}).threshold;
const neither: Lean = { toward: "neither" };
const stricter: Lean = { toward: "stricter", because: "All: satisfaction fell." };
const at = 100 * DAY;
const decide = (
  accepted: number,
  over: { policy?: Partial<ThresholdPolicy>; history?: PastChange[]; lean?: Lean; n?: number } = {},
) =>
  adjustThreshold({
    policy: { ...policy, ...over.policy },
    history: over.history ?? [],
    sample: { n: over.n ?? 1000, accepted },
    lean: over.lean ?? neither,
    now: at,
  });

describe("the threshold", () => {
  it("rises by the greatest step when surely too many reach it, and says why", () => {
    const decision = decide(600);
    expect(decision).toMatchObject({ change: { from: 0.7, to: expect.closeTo(0.72) } });
    expect(decision.reason).toBe("600 of 1000 scores (60.0 %) reached it, 35.0 % are wanted: too many. 0.7 → 0.72.");
  });
  it("falls when surely too few do", () => {
    expect(decide(100)).toMatchObject({ change: { from: 0.7, to: expect.closeTo(0.68) } });
  });
  it("holds near its target, within the hysteresis, and where the bound leaves a doubt", () => {
    expect(decide(350)).toMatchObject({ hold: 0.7 });
    expect(decide(395)).toMatchObject({ hold: 0.7 });
    expect(decide(42, { n: 100 })).toMatchObject({ hold: 0.7 });
  });
  it("holds with too few samples, none included", () => {
    expect(decide(99, { n: 99 })).toEqual({
      hold: 0.7,
      reason: "Only 99 scores since the last change, 100 are needed.",
    });
    expect(decide(0, { n: 0 })).toMatchObject({ hold: 0.7 });
  });
  it("holds within the window after a change", () => {
    expect(decide(900, { history: [{ from: 0.7, to: 0.72, at: at - DAY + 1 }] })).toMatchObject({ hold: 0.72 });
    expect(decide(900, { history: [{ from: 0.7, to: 0.72, at: at - DAY }] })).toMatchObject({ change: { from: 0.72 } });
  });
  it("holds at its bounds", () => {
    expect(decide(900, { policy: { max: 0.7 } })).toMatchObject({
      hold: 0.7,
      reason: expect.stringContaining("max 0.7"),
    });
    expect(decide(900, { policy: { maxStep: 0 } })).toMatchObject({ hold: 0.7 });
  });
  it("stays where the policy fixes it, and goes there at once when it is fixed later", () => {
    expect(decide(900, { policy: { mode: "Fixed" } })).toMatchObject({ hold: 0.7 });
    const history = [{ from: 0.72, to: 0.8, at: at - 1 }];
    expect(decide(900, { policy: { mode: "Fixed" }, history })).toMatchObject({ change: { from: 0.8, to: 0.7 } });
  });
  it("goes at once into bounds that were moved", () => {
    const history = [{ from: 0.72, to: 0.8, at: at - 1 }];
    expect(decide(900, { policy: { max: 0.75 }, history })).toMatchObject({ change: { from: 0.8, to: 0.75 } });
    expect(effectiveThreshold({ ...policy, max: 0.75 }, 0.8)).toBe(0.75);
    expect(effectiveThreshold(policy, undefined)).toBe(policy.initial);
  });
  it("is not lowered while quality falls, and rises where it would have stayed", () => {
    expect(decide(100, { lean: stricter })).toMatchObject({
      hold: 0.7,
      reason: expect.stringContaining("satisfaction fell"),
    });
    expect(decide(350, { lean: stricter })).toMatchObject({ change: { to: expect.closeTo(0.72) } });
  });
  it("rests after turning to and fro, and tries the other side once after a while", () => {
    const history: PastChange[] = [];
    for (let step = 0.02, from = 0.7, day = 80; step >= 0.0025; step /= 2, day += 2) {
      const to = from + (history.length % 2 === 0 ? step : -step);
      history.unshift({ from, to, at: day * DAY });
      from = to;
    }
    const probe = STEERING.threshold.probeAfterWindows * DAY;
    expect(decide(900, { history: history.map((one) => ({ ...one, at: one.at + at - 90 * DAY })) })).toHaveProperty(
      "hold",
    );
    expect(decide(900, { history: history.map((one) => ({ ...one, at: one.at - probe })) })).toHaveProperty("change");
  });
});

interface Run {
  readonly moves: readonly PastChange[];
  readonly values: readonly number[];
}

/** One decision a window, on a stream whose scores are those given. */
function run(
  scores: (window: number) => readonly number[],
  over: Partial<ThresholdPolicy>,
  windows: number,
  lean: Lean,
): Run {
  const used = { ...policy, ...over };
  const moves: PastChange[] = [];
  const values: number[] = [];
  for (let window = 0; window < windows; window++) {
    const value = effectiveThreshold(used, moves[0]?.to);
    const seen = scores(window);
    const sample = { n: seen.length, accepted: seen.filter((score) => score >= value).length };
    const decision = adjustThreshold({ policy: used, history: moves.slice(0, 50), sample, lean, now: window * DAY });
    if ("change" in decision) moves.unshift({ ...decision.change, at: window * DAY });
    values.push(effectiveThreshold(used, moves[0]?.to));
  }
  return { moves, values };
}

// Thousandths: doubles are drawn by their bits, nearly all of them next to 0.
const score = fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000);
/** From spread evenly to all in one point, so that acceptance may be a cliff. */
const stream = fc
  .tuple(fc.array(score, { minLength: 1, maxLength: 8 }), fc.array(score, { minLength: 0, maxLength: 400 }))
  .map(([lumps, spread]) => [...lumps.flatMap((lump) => Array.from({ length: 100 }, () => lump)), ...spread]);
const policies = fc.record({
  maxStep: fc.constantFrom(0.001, 0.01, 0.02, 0.05, 0.3),
  targetAcceptance: score,
  min: fc.integer({ min: 300, max: 700 }).map((thousandths) => thousandths / 1000),
  max: fc.integer({ min: 700, max: 950 }).map((thousandths) => thousandths / 1000),
});
const leans = fc.constantFrom(neither, stricter);

describe("laws of the threshold", () => {
  it("never leaves its bounds and never moves more than the greatest step in a window", () => {
    fc.assert(
      fc.property(fc.array(stream, { minLength: 1, maxLength: 5 }), policies, leans, (streams, over, lean) => {
        const { moves, values } = run((window) => streams[window % streams.length] ?? [], over, 40, lean);
        for (const value of values) {
          expect(value).toBeGreaterThanOrEqual(over.min);
          expect(value).toBeLessThanOrEqual(over.max);
        }
        for (const [index, { from, to, at: when }] of moves.entries()) {
          expect(Math.abs(to - from)).toBeLessThanOrEqual(over.maxStep + 1e-9);
          expect(when - (moves[index + 1]?.at ?? -DAY)).toBeGreaterThanOrEqual(DAY);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("comes to rest on a stream that does not change: nothing but a rare try of the smallest step", () => {
    const { smallestStep, probeAfterWindows } = STEERING.threshold;
    fc.assert(
      fc.property(stream, policies, leans, (scores, over, lean) => {
        const settled = Math.ceil(2 / Math.min(over.maxStep, 0.02)) + 40;
        const windows = settled + 5 * probeAfterWindows;
        const late = run(() => scores, over, windows, lean);
        const rest = late.values.slice(settled);
        expect(Math.max(...rest) - Math.min(...rest)).toBeLessThanOrEqual(smallestStep + 1e-9);
        expect(late.moves.filter(({ at: when }) => when >= settled * DAY).length).toBeLessThanOrEqual(6);
      }),
      { numRuns: 60 },
    );
  });

  it("follows a stream that changes after it had come to rest", () => {
    const lump = (value: number) => Array.from({ length: 500 }, () => value);
    const { values } = run((window) => lump(window < 100 ? 0.7137 : 0.62), { min: 0.5 }, 125, neither);
    expect(values[99]).toBeGreaterThan(0.7);
    expect(values.at(-1)).toBeLessThan(0.63);
  });

  it("stays near a target that scores allow, with the noise of samples", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 - 2 }), (seed) => {
        let state = seed;
        const random = () => {
          state = (state * 48_271) % 2_147_483_647;
          return state / 2_147_483_647;
        };
        const scores = () => Array.from({ length: 500 }, () => 0.4 + (random() + random()) / 4);
        const { values, moves } = run(scores, { min: 0, max: 1 }, 80, neither);
        const fresh = Array.from({ length: 40 }, scores).flat();
        const accepted = fresh.filter((one) => one >= (values.at(-1) ?? 0)).length / fresh.length;
        expect(Math.abs(accepted - policy.targetAcceptance)).toBeLessThan(0.15);
        expect(moves.filter(({ at: when }) => when > 40 * DAY).length).toBeLessThanOrEqual(2);
      }),
      { numRuns: 20 },
    );
  });
});
