import { confidence, entries, type Judgements, type Weights } from "./confidence.ts";
import { SCORING } from "./numbers.ts";
import { corrected, type Outcome } from "./outcome.ts";

export interface Verdict {
  readonly overall: number;
  readonly confidence: number;
  /** Whether the final score reaches the threshold. */
  readonly included: boolean;
  /** A sentence for each step taken. */
  readonly why: readonly string[];
}

/**
 * The user's Quality Threshold Decision Tree, from the judged dimensions down: their weighted mean, the functional
 * correctness check, the threshold. The part above (rating, acceptance, edits) is `satisfaction`.
 */
export function decide(judgements: Judgements, outcome: Outcome, weights: Weights, threshold: number): Verdict {
  const judged = entries(judgements);
  const mean = weightedMean(judgements, weights);
  const { score: raw, why } = mean === undefined ? { score: SCORING.noEvidence, why: [] } : corrected(mean, outcome);
  const score = exact(raw);
  const sure = mean === undefined ? 0 : exact(confidence(judgements, weights));
  const included = score >= threshold;
  return {
    overall: score,
    confidence: sure,
    included,
    why: [
      ...judged.map(([, { because }]) => because),
      mean === undefined
        ? "Nothing is known that has a weight in the policy."
        : `The weighted mean of ${judged.map(([name, { value }]) => `${name} ${show(value)}`).join(", ")} is ${show(mean)}.`,
      ...why,
      `${show(score)} ${included ? "reaches" : "is below"} the threshold ${show(threshold)}: ${included ? "included in" : "excluded from"} training; confidence ${show(sure)}.`,
    ],
  };
}

/** Over the dimensions that have evidence; undefined where none of them has a weight. */
function weightedMean(judgements: Judgements, weights: Weights): number | undefined {
  let sum = 0;
  let total = 0;
  for (const [dimension, { value }] of entries(judgements)) {
    sum += weights[dimension] * value;
    total += weights[dimension];
  }
  return total > 0 ? exact(sum / total) : undefined;
}

/** To a millionth: what adds up to 0.8 reaches a threshold of 0.8. */
function exact(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

/** Two digits, cut and not rounded: 0.699 must not read as reaching 0.70. */
function show(value: number): string {
  return (Math.floor(value * 100 + 1e-9) / 100).toFixed(2);
}
