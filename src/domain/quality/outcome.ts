import { SCORING } from "./numbers.ts";

/** What is known of the code at work. Undefined: nobody reported it. */
export interface Outcome {
  readonly compiles: boolean | undefined;
  readonly testsPass: boolean | undefined;
  readonly deploys: boolean | undefined;
}

export interface Corrected {
  readonly score: number;
  readonly why: readonly string[];
}

const CHECKS = [
  { name: "compiles", failed: "It does not compile", unknown: "whether it compiles" },
  { name: "testsPass", failed: "Its tests fail", unknown: "whether its tests pass" },
  { name: "deploys", failed: "Its deployment failed", unknown: "whether it deploys" },
] as const;

/**
 * The lower half of the user's decision tree: the first check that failed penalises, all three succeeded boost, and
 * what is not known changes nothing.
 */
export function corrected(score: number, outcome: Outcome): Corrected {
  const { penalty, boost } = SCORING.outcome;
  const failed = CHECKS.find(({ name }) => outcome[name] === false);
  if (failed !== undefined)
    return { score: clamp(score * penalty), why: [`${failed.failed}: the score is multiplied by ${penalty}.`] };
  const unknown = CHECKS.filter(({ name }) => outcome[name] === undefined);
  if (unknown.length === 0)
    return { score: clamp(score + boost), why: [`It compiles, its tests pass and it deploys: ${boost} more.`] };
  return { score: clamp(score), why: [`Not known ${list(unknown.map(({ unknown: what }) => what))}: no change.`] };
}

export function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function list(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
