import type { Judgements, QualityDimension } from "../../domain/quality/confidence.ts";
import type { LoadedInteraction } from "../store/port.ts";
import type { Assessor, Evidence } from "./port.ts";

/** An assessor that failed: on an interaction it counts as having nothing to say. No text of the interaction. */
export interface AssessorFailure {
  readonly dimension: QualityDimension;
  /** Name of the error, `NotANumber`, or `NotPrepared` where what it loads could not be loaded. */
  readonly reason: string;
}

export interface Judged {
  readonly judgements: Judgements;
  readonly failures: readonly AssessorFailure[];
}

/**
 * Asks every assessor. Several may judge one dimension: their values count by their strength. One that fails leaves its
 * dimension without its evidence, so that the score is less sure and a person looks.
 */
export function judgeAll(assessors: readonly Assessor[], subject: LoadedInteraction): Judged {
  const evidence = new Map<QualityDimension, Evidence>();
  const failures: AssessorFailure[] = [];
  for (const assessor of assessors) {
    const { dimension } = assessor;
    const found = ask(assessor, subject);
    if (typeof found === "string") failures.push({ dimension, reason: found });
    else if (found !== undefined) evidence.set(dimension, joined(evidence.get(dimension), found));
  }
  return { judgements: Object.fromEntries(evidence), failures };
}

function ask(assessor: Assessor, subject: LoadedInteraction): Evidence | string | undefined {
  try {
    const found = assessor.assess(subject);
    if (found === undefined) return undefined;
    if (Number.isNaN(found.value) || Number.isNaN(found.strength)) return "NotANumber";
    return { ...found, value: within(found.value), strength: within(found.strength) };
  } catch (error) {
    return error instanceof Error ? error.name : "Error";
  }
}

function joined(one: Evidence | undefined, other: Evidence): Evidence {
  if (one === undefined) return other;
  const total = one.strength + other.strength;
  return {
    value:
      total === 0 ? (one.value + other.value) / 2 : (one.value * one.strength + other.value * other.strength) / total,
    strength: 1 - (1 - one.strength) * (1 - other.strength),
    because: `${one.because} ${other.because}`,
  };
}

function within(value: number): number {
  return Math.min(1, Math.max(0, value));
}
