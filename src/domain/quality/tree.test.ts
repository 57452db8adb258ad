import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assessment } from "../../api/v1alpha1/learning.ts";
import { confidence, type Judgements } from "./confidence.ts";
import { SCORING } from "./numbers.ts";
import { corrected, type Outcome } from "./outcome.ts";
import { satisfaction, type UserVoice } from "./satisfaction.ts";
import { decide } from "./tree.ts";

const { levels, outcome: moves } = SCORING;
const { weights } = assessment.parse({});
const silent: UserVoice = {
  rating: undefined,
  accepted: undefined,
  changed: undefined,
  retained: undefined,
  length: 200,
};
const nothing: Outcome = { compiles: undefined, testsPass: undefined, deploys: undefined };
const level = (voice: Partial<UserVoice>) => satisfaction({ ...silent, ...voice })?.value;

describe("the user's quality threshold decision tree, down to the levels", () => {
  it("B:Yes → C → E:Yes → G: a rating of 4 or 5 is high", () => {
    expect([4, 5].map((rating) => level({ rating }))).toEqual([levels.high, levels.high]);
  });
  it("B:Yes → C → E:No → H: a rating of 1, 2 or 3 is medium", () => {
    expect([1, 2, 3].map((rating) => level({ rating }))).toEqual([levels.medium, levels.medium, levels.medium]);
  });
  it("B:No → D → F:No → J: not accepted is low", () => {
    expect(level({ accepted: false })).toBe(levels.low);
  });
  it("B:No → D → F:Yes → I:No → G: accepted and not modified is high", () => {
    expect(level({ accepted: true })).toBe(levels.high);
    expect(level({ accepted: true, changed: 0 })).toBe(levels.high);
    expect(level({ accepted: true, retained: { point: "commit", share: 1 } })).toBe(levels.high);
  });
  it("B:No → D → F:Yes → I:Minor Changes → K: minor changes are medium-high", () => {
    expect(level({ accepted: true, changed: SCORING.modification.minorUpTo })).toBe(levels.mediumHigh);
    expect(level({ accepted: true, retained: { point: "10m", share: 0.8 } })).toBe(levels.mediumHigh);
  });
  it("B:No → D → F:Yes → I:Major Changes → H: major changes are medium", () => {
    expect(level({ accepted: true, changed: SCORING.modification.minorUpTo + 0.01 })).toBe(levels.medium);
    expect(level({ accepted: true, changed: 0.05, retained: { point: "commit", share: 0.4 } })).toBe(levels.medium);
  });
  it("B:No → D → F:No → J: what was accepted and is gone again was not accepted", () => {
    expect(level({ accepted: true, retained: { point: "2m", share: 0.02 } })).toBe(levels.low);
  });
  it("B:No → D: who edits or keeps code has accepted it", () => {
    expect(level({ changed: 0.1 })).toBe(levels.mediumHigh);
    expect(level({ retained: { point: "30s", share: 1 } })).toBe(levels.high);
  });
  it("B:No → D without anything to analyse: nothing is said", () => {
    expect(satisfaction(silent)).toBeUndefined();
  });
  it("lets an explicit rating win over everything implicit", () => {
    expect(level({ rating: 5, accepted: false, changed: 1 })).toBe(levels.high);
    expect(level({ rating: 2, accepted: true, changed: 0 })).toBe(levels.medium);
  });
});

describe("from the levels to the final score", () => {
  const scored = (outcome: Partial<Outcome>) => corrected(0.6, { ...nothing, ...outcome }).score;

  it("M:No → O: what does not compile is penalised", () => {
    expect(scored({ compiles: false })).toBeCloseTo(0.6 * moves.penalty);
    expect(scored({ compiles: false, testsPass: true, deploys: true })).toBeCloseTo(0.6 * moves.penalty);
  });
  it("M:Yes → N:No → O: failing tests are penalised", () => {
    expect(scored({ compiles: true, testsPass: false })).toBeCloseTo(0.6 * moves.penalty);
  });
  it("N:Yes → P:No → O: a failed deployment is penalised", () => {
    expect(scored({ compiles: true, testsPass: true, deploys: false })).toBeCloseTo(0.6 * moves.penalty);
  });
  it("P:Yes → Q: all three together boost", () => {
    expect(scored({ compiles: true, testsPass: true, deploys: true })).toBeCloseTo(0.6 + moves.boost);
  });
  it.each([
    ["M unknown", nothing],
    ["N unknown", { ...nothing, compiles: true }],
    ["P unknown", { ...nothing, compiles: true, testsPass: true }],
    ["M unknown, P:Yes", { ...nothing, deploys: true }],
  ])("%s: changes nothing", (_, outcome) => {
    expect(scored(outcome)).toBe(0.6);
  });
  it("penalises once, however much fails", () => {
    expect(scored({ compiles: false, testsPass: false, deploys: false })).toBeCloseTo(0.6 * moves.penalty);
  });

  const rated: Judgements = { satisfaction: { value: 0.8, strength: 1, because: "The user rated it." } };
  it("R:Yes → S: a score that reaches the threshold is included", () => {
    expect(decide(rated, nothing, weights, 0.8)).toMatchObject({ overall: 0.8, included: true });
  });
  it("R:No → T: a lower one is excluded", () => {
    expect(decide(rated, nothing, weights, 0.81)).toMatchObject({ overall: 0.8, included: false });
  });

  it("tells each step in a sentence", () => {
    const judgements = { ...rated, codeQuality: { value: 0.5, strength: 0.7, because: "The code is so-so." } };
    const { why } = decide(judgements, { ...nothing, testsPass: false }, weights, 0.7);
    expect(why).toEqual([
      "The user rated it.",
      "The code is so-so.",
      "The weighted mean of satisfaction 0.80, codeQuality 0.50 is 0.71.",
      "Its tests fail: the score is multiplied by 0.5.",
      "0.35 is below the threshold 0.70: excluded from training; confidence 0.65.",
    ]);
  });

  it("is sure of nothing where nothing is known", () => {
    expect(decide({}, nothing, weights, 0.7)).toMatchObject({ overall: SCORING.noEvidence, confidence: 0 });
    const onlyEfficiency = { efficiency: { value: 1, strength: 1, because: "It was quick." } };
    expect(decide(onlyEfficiency, nothing, { ...weights, efficiency: 0 }, 0.7).confidence).toBe(0);
  });
});

// Doubles are drawn by their bits, nearly all of them next to 0: no law would be tried on 0.3.
const unit = fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000);
const judgement = fc.record({ value: unit, strength: unit, because: fc.constant("So it is.") });
const judgements: fc.Arbitrary<Judgements> = fc.record(
  {
    satisfaction: judgement,
    functionalCorrectness: judgement,
    codeQuality: judgement,
    contextRelevance: judgement,
    efficiency: judgement,
  },
  { requiredKeys: [] },
);
const weighting = fc
  .record({
    satisfaction: unit,
    functionalCorrectness: unit,
    codeQuality: unit,
    contextRelevance: unit,
    efficiency: unit,
  })
  .filter((all) => Object.values(all).some((weight) => weight > 0.001));
const tri = fc.constantFrom(true, false, undefined);
const outcomes = fc.record({ compiles: tri, testsPass: tri, deploys: tri });
const DIMENSIONS = ["satisfaction", "functionalCorrectness", "codeQuality", "contextRelevance", "efficiency"] as const;
const NOISE = 1e-9;

describe("laws of the tree", () => {
  it("keep all numbers between 0 and 1", () => {
    fc.assert(
      fc.property(judgements, outcomes, weighting, unit, (judged, outcome, weight, threshold) => {
        const verdict = decide(judged, outcome, weight, threshold);
        for (const number of [verdict.overall, verdict.confidence]) {
          expect(number).toBeGreaterThanOrEqual(0);
          expect(number).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it("never lower a score for better evidence in one dimension", () => {
    fc.assert(
      fc.property(
        judgements,
        outcomes,
        weighting,
        fc.constantFrom(...DIMENSIONS),
        unit,
        (judged, outcome, weight, dimension, better) => {
          const now = judged[dimension];
          if (now === undefined) return;
          const improved = { ...judged, [dimension]: { ...now, value: Math.max(now.value, better) } };
          const [before, after] = [judged, improved].map((all) => decide(all, outcome, weight, 0.7).overall);
          expect(after).toBeGreaterThanOrEqual((before ?? 0) - NOISE);
        },
      ),
    );
  });

  it("never lower a score when a check succeeds that failed or was unknown", () => {
    fc.assert(
      fc.property(unit, outcomes, fc.constantFrom("compiles", "testsPass", "deploys"), (score, outcome, check) => {
        expect(corrected(score, { ...outcome, [check]: true }).score).toBeGreaterThanOrEqual(
          corrected(score, outcome).score,
        );
      }),
    );
  });

  it("never raise confidence when a dimension's evidence is taken away or weakened", () => {
    fc.assert(
      fc.property(judgements, weighting, fc.constantFrom(...DIMENSIONS), unit, (judged, weight, dimension, share) => {
        const { [dimension]: gone, ...rest } = judged;
        if (gone === undefined) return;
        const weaker = { ...rest, [dimension]: { ...gone, strength: gone.strength * share } };
        expect(confidence(rest, weight)).toBeLessThanOrEqual(confidence(weaker, weight) + NOISE);
        expect(confidence(weaker, weight)).toBeLessThanOrEqual(confidence(judged, weight) + NOISE);
      }),
      { numRuns: 500 },
    );
  });

  it("trust dimensions that agree more than those that do not", () => {
    const both = (value: number): Judgements => ({
      satisfaction: { value: 1, strength: 1, because: "" },
      functionalCorrectness: { value, strength: 1, because: "" },
    });
    expect(confidence(both(1), weights)).toBeGreaterThan(confidence(both(0.5), weights));
    expect(confidence(both(0.5), weights)).toBeGreaterThan(confidence(both(0), weights));
  });

  it("satisfy a user more, the more of the code still stands", () => {
    fc.assert(
      fc.property(unit, unit, fc.option(unit, { nil: undefined }), (a, b, changed) => {
        const value = (share: number) => level({ accepted: true, changed, retained: { point: "commit", share } }) ?? 0;
        expect(value(Math.max(a, b))).toBeGreaterThanOrEqual(value(Math.min(a, b)));
      }),
    );
  });

  it("make acceptance alone weak, retention and length stronger", () => {
    const strength = (voice: Partial<UserVoice>) => satisfaction({ ...silent, ...voice })?.strength ?? 0;
    const alone = strength({ accepted: true });
    expect(strength({ accepted: true, length: 5 })).toBeLessThan(alone);
    const kept = (["30s", "2m", "5m", "10m", "commit"] as const).map((point) =>
      strength({ accepted: true, retained: { point, share: 1 } }),
    );
    expect([alone, ...kept, strength({ rating: 3 })]).toEqual([alone, ...kept, 1].toSorted((a, b) => a - b));
    expect(new Set(kept).size).toBe(kept.length);
  });
});
