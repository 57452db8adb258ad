import type { AssessmentPolicy } from "../../api/learning/policies.ts";
import type { Judgement } from "./satisfaction.ts";

/** The five, by the names of their weights in the policy. */
export type QualityDimension = keyof AssessmentPolicy["weights"];
export type Weights = AssessmentPolicy["weights"];
export type Judgements = Readonly<Partial<Record<QualityDimension, Judgement>>>;

/**
 * How sure a score is, 0 to 1. Each dimension brings its weight times its strength (coverage and strength of feedback);
 * what contradicts the weighted median is taken off again by how far it lies from it (agreement). The square root,
 * because half of the evidence is worth more than half of the trust: what is missing mostly agrees.
 *
 * Evidence taken away never makes it rise: with the median, a dimension takes off at most what it brings.
 */
export function confidence(judgements: Judgements, weights: Weights): number {
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  const parts = entries(judgements).map(([dimension, { value, strength }]) => ({
    value,
    mass: (weights[dimension] * strength) / total,
  }));
  const brought = parts.reduce((sum, { mass }) => sum + mass, 0);
  const median = weightedMedian(parts, brought);
  const contradicted = parts.reduce((sum, { value, mass }) => sum + mass * Math.abs(value - median), 0);
  return Math.sqrt(Math.min(1, Math.max(0, brought - contradicted)));
}

/** The dimensions that have evidence, in the order of the policy's weights. */
export function entries(judgements: Judgements): readonly (readonly [QualityDimension, Judgement])[] {
  return ORDER.flatMap((dimension) => {
    const judgement = judgements[dimension];
    return judgement === undefined ? [] : [[dimension, judgement] as const];
  });
}

const ORDER = [
  "satisfaction",
  "functionalCorrectness",
  "codeQuality",
  "contextRelevance",
  "efficiency",
] as const satisfies readonly QualityDimension[];

function weightedMedian(parts: readonly { readonly value: number; readonly mass: number }[], total: number): number {
  let below = 0;
  for (const { value, mass } of parts.toSorted((a, b) => a.value - b.value)) {
    below += mass;
    if (below >= total / 2) return value;
  }
  return 0;
}
