import { STEERING } from "./numbers.ts";
import { wilson } from "./statistics.ts";

const { bins: BINS, minSamples, minPerBin, goodError, wantedAgreement, z } = STEERING.calibration;

/** One decided review. */
export interface ReviewedScore {
  readonly confidence: number;
  /** Whether the person agreed with where the score lay. */
  readonly agreed: boolean;
  readonly reason: "LowConfidence" | "Audit";
}

export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly n: number;
  /** Means of what fell into it; undefined: nothing did. */
  readonly confidence: number | undefined;
  readonly agreement: number | undefined;
}

export interface Reliability {
  readonly n: number;
  /** Expected calibration error (Guo et al. 2017): |agreement − confidence|, weighted by what each bin holds. */
  readonly error: number | undefined;
  readonly bins: readonly ReliabilityBin[];
}

export interface Calibration {
  /** All scores: an audited one stands for 1/auditFraction that nobody was asked about. */
  readonly everything: Reliability;
  readonly lowConfidence: Reliability;
  readonly audit: Reliability;
  readonly recommendation: string;
}

/** How well confidence tells how often people agree. Reviews are no random sample, so the two reasons are kept apart. */
export function calibrate(
  points: readonly ReviewedScore[],
  review: { readonly auditFraction: number; readonly belowConfidence: number },
): Calibration {
  const standsFor = ({ reason }: ReviewedScore) =>
    reason === "Audit" && review.auditFraction > 0 ? 1 / review.auditFraction : 1;
  const everything = reliability(points, standsFor);
  return {
    everything,
    lowConfidence: reliability(points.filter(({ reason }) => reason === "LowConfidence")),
    audit: reliability(points.filter(({ reason }) => reason === "Audit")),
    recommendation: recommend(everything, review.belowConfidence),
  };
}

function reliability(
  points: readonly ReviewedScore[],
  weight: (point: ReviewedScore) => number = () => 1,
): Reliability {
  const sums = Array.from({ length: BINS }, () => ({ n: 0, weight: 0, confidence: 0, agreed: 0 }));
  for (const point of points) {
    const sum = sums[Math.min(BINS - 1, Math.floor(point.confidence * BINS))];
    if (sum === undefined) continue;
    const w = weight(point);
    sum.n += 1;
    sum.weight += w;
    sum.confidence += w * point.confidence;
    sum.agreed += point.agreed ? w : 0;
  }
  const total = sums.reduce((all, sum) => all + sum.weight, 0);
  const error = sums.reduce((all, { confidence, agreed }) => all + Math.abs(agreed - confidence), 0) / total;
  return {
    n: points.length,
    error: points.length === 0 ? undefined : error,
    bins: sums.map((sum, index) => ({
      from: index / BINS,
      to: (index + 1) / BINS,
      n: sum.n,
      confidence: sum.n === 0 ? undefined : sum.confidence / sum.weight,
      agreement: sum.n === 0 ? undefined : sum.agreed / sum.weight,
    })),
  };
}

function recommend({ n, error, bins }: Reliability, belowConfidence: number): string {
  if (error === undefined || n < minSamples)
    return `${n} decided reviews say too little: ${minSamples} are needed. Keep review.belowConfidence at ${belowConfidence}.`;
  const told = `The expected calibration error is ${error.toFixed(3)} over ${n} reviews`;
  const bound = trustedFrom(bins);
  if (bound === undefined)
    return `${told}; in no range of confidence do people surely agree with ${wantedAgreement * 100} %: raise review.auditFraction to learn more, and do not lower review.belowConfidence.`;
  if (Math.abs(bound - belowConfidence) < 1 / BINS)
    return `${told}${error <= goodError ? ", which is good" : ""}: keep review.belowConfidence at ${belowConfidence}.`;
  const direction = bound > belowConfidence ? "raise" : "lower";
  return `${told}; people agree with more than ${wantedAgreement * 100} % from a confidence of ${bound} on: ${direction} review.belowConfidence from ${belowConfidence} to ${bound}.`;
}

/** The lowest confidence from which on every bin that says something says that people agree. */
function trustedFrom(bins: readonly ReliabilityBin[]): number | undefined {
  let bound: number | undefined;
  for (const { from, n, agreement } of bins.toReversed()) {
    if (agreement === undefined || n < minPerBin) continue;
    if (wilson({ n, mean: agreement }, z).lower < wantedAgreement) break;
    bound = from;
  }
  return bound;
}
