import { SCORING } from "../../../domain/quality/numbers.ts";

/** Something wrong with code. `what` is ours, never a word of the code. */
export interface Finding {
  readonly what: string;
  readonly weight: keyof typeof SCORING.code.cost;
}

/** What is left of 1 after each finding took its share. */
export function scoreOf(findings: readonly Finding[]): number {
  const { cost } = SCORING.code;
  return Math.max(0, 1 - findings.reduce((sum, { weight }) => sum + cost[weight], 0));
}
