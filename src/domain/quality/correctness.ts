import type { LastWords } from "./feedback.ts";
import { SCORING } from "./numbers.ts";
import type { Outcome } from "./outcome.ts";
import type { Judgement } from "./satisfaction.ts";

const { weight, strength } = SCORING.correctness;

type Check = keyof Outcome;

/** What was reported of the code at work, for the tree. */
export function outcomeOf({ compile, test, deploy }: LastWords): Outcome {
  return { compiles: compile?.succeeded, testsPass: test?.succeeded, deploys: deploy?.succeeded };
}

/** Weighted mean over the checks that were reported; tests count by the share that passed. */
export function functionalCorrectness(words: LastWords): Judgement | undefined {
  const reported: { readonly check: Check; readonly value: number; readonly told: string }[] = [];
  if (words.compile !== undefined)
    reported.push({
      check: "compiles",
      value: Number(words.compile.succeeded),
      told: words.compile.succeeded ? "it compiles" : "it does not compile",
    });
  if (words.test !== undefined) reported.push({ check: "testsPass", ...tests(words.test) });
  if (words.deploy !== undefined)
    reported.push({
      check: "deploys",
      value: Number(words.deploy.succeeded),
      told: words.deploy.succeeded ? "it deploys" : "its deployment failed",
    });
  if (reported.length === 0) return undefined;
  const total = reported.reduce((sum, { check }) => sum + weight[check], 0);
  return {
    value: Math.min(1, reported.reduce((sum, { check, value }) => sum + weight[check] * value, 0) / total),
    strength: 1 - reported.reduce((left, { check }) => left * (1 - strength[check]), 1),
    because: `Reported: ${reported.map(({ told }) => told).join(", ")}.`,
  };
}

/** Said to have failed without a failed test in the counts (a crash, no counts): nothing passed. */
function tests({ succeeded, passed, failed }: NonNullable<LastWords["test"]>) {
  if (succeeded) return { value: 1, told: "its tests pass" };
  if (passed === undefined || failed === undefined || failed === 0) return { value: 0, told: "its tests fail" };
  return { value: passed / (passed + failed), told: `${failed} of ${passed + failed} tests fail` };
}
