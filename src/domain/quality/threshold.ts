import type { AssessmentPolicy } from "../../api/learning/policies.ts";
import { milliseconds } from "../duration.ts";
import { STEERING } from "./numbers.ts";
import { wilson } from "./statistics.ts";

export type ThresholdPolicy = AssessmentPolicy["threshold"];

export interface PastChange {
  readonly from: number;
  readonly to: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What the analysis of low quality says: when quality itself has fallen, the bar is not lowered to fill a quota. */
export type Lean = { readonly toward: "stricter"; readonly because: string } | { readonly toward: "neither" };

export interface ThresholdInput {
  readonly policy: ThresholdPolicy;
  /** Newest first. */
  readonly history: readonly PastChange[];
  /** Scores since the last change, and how many of them reached the threshold. */
  readonly sample: { readonly n: number; readonly accepted: number };
  readonly lean: Lean;
  readonly now: number;
}

export type ThresholdDecision =
  | { readonly change: { readonly from: number; readonly to: number }; readonly reason: string }
  | { readonly hold: number; readonly reason: string };

const { hysteresis, minSamples, z, smallestStep, doubleAfter, probeAfterWindows } = STEERING.threshold;

/** The threshold that holds, whatever was recorded before the policy was changed. */
export function effectiveThreshold(policy: ThresholdPolicy, recorded: number | undefined): number {
  if (policy.mode === "Fixed") return policy.initial;
  return Math.min(policy.max, Math.max(policy.min, recorded ?? policy.initial));
}

/**
 * Whether the threshold moves, toward the share of interactions that should be worth training on. Each step of the
 * chain may end it. Turning round halves the step, so that on a stream that does not change it comes to rest; four
 * moves in one direction double it again, so that it follows one that does.
 */
export function adjustThreshold(input: ThresholdInput): ThresholdDecision {
  for (const step of [byPolicy, windowNotOver, tooFewSamples]) {
    const decision = step(input);
    if (decision !== undefined) return decision;
  }
  return toward(input, wanted(input));
}

type Step = (input: ThresholdInput) => ThresholdDecision | undefined;

/** What the policy says outright is not a step toward anything: it is bound by no window and no greatest step. */
const byPolicy: Step = ({ policy, history }) => {
  const recorded = history[0]?.to;
  const holds = effectiveThreshold(policy, recorded);
  if (recorded !== undefined && recorded !== holds)
    return {
      change: { from: recorded, to: holds },
      reason:
        policy.mode === "Fixed"
          ? `The policy fixes the threshold at ${show(holds)}.`
          : `The policy's bounds are now ${show(policy.min)} to ${show(policy.max)}.`,
    };
  return policy.mode === "Fixed" ? { hold: holds, reason: "The policy fixes the threshold." } : undefined;
};

const windowNotOver: Step = ({ policy, history, now }) => {
  const last = history[0];
  if (last === undefined || now - last.at >= milliseconds(policy.window)) return undefined;
  return { hold: last.to, reason: `It changed within the last ${policy.window}.` };
};

const tooFewSamples: Step = ({ policy, history, sample }) =>
  sample.n < minSamples
    ? {
        hold: effectiveThreshold(policy, history[0]?.to),
        reason: `Only ${sample.n} scores since the last change, ${minSamples} are needed.`,
      }
    : undefined;

interface Wish {
  readonly direction: 1 | -1 | 0;
  readonly because: string;
}

/** Up when surely too many are accepted, down when surely too few, unless quality has fallen. */
function wanted({ policy, sample, lean }: ThresholdInput): Wish {
  const { lower, upper } = wilson({ n: sample.n, mean: sample.accepted / sample.n }, z);
  const target = policy.targetAcceptance;
  const seen = `${sample.accepted} of ${sample.n} scores (${percent(sample.accepted / sample.n)}) reached it, ${percent(target)} are wanted`;
  if (lower > target + hysteresis) return { direction: 1, because: `${seen}: too many.` };
  if (upper < target - hysteresis)
    return lean.toward === "stricter"
      ? { direction: 0, because: `${seen}: too few; but it is not lowered while quality falls: ${lean.because}` }
      : { direction: -1, because: `${seen}: too few.` };
  return lean.toward === "stricter"
    ? { direction: 1, because: `${seen}; stricter while quality falls: ${lean.because}` }
    : { direction: 0, because: `${seen}: near enough.` };
}

function toward({ policy, history, now }: ThresholdInput, { direction, because }: Wish): ThresholdDecision {
  const from = effectiveThreshold(policy, history[0]?.to);
  if (direction === 0) return { hold: from, reason: because };
  const least = Math.min(smallestStep, policy.maxStep);
  const { step, turns } = nextStep(history, direction, { least, most: policy.maxStep });
  const newest = history[0];
  const probe = newest === undefined || now - newest.at >= probeAfterWindows * milliseconds(policy.window);
  if (turns && step < least && !probe)
    return { hold: from, reason: `${because} It turned to and fro until the steps were too small: it rests.` };
  const to = Math.min(policy.max, Math.max(policy.min, from + direction * Math.max(step, least)));
  if (to === from)
    return {
      hold: from,
      reason: `${because} It cannot go further ${direction > 0 ? "up" : "down"}: ${bounds(policy)}.`,
    };
  return { change: { from, to }, reason: `${because} ${show(from)} → ${show(to)}.` };
}

/** How far the next move may go, by the turns and runs of those before it. Below `least`, it rather rests. */
function nextStep(
  history: readonly PastChange[],
  direction: number,
  { least, most }: { readonly least: number; readonly most: number },
) {
  let step = most;
  let last = 0;
  let run = 0;
  let turns = false;
  for (const sign of [...history.map(({ from, to }) => Math.sign(to - from)).toReversed(), direction]) {
    turns = last !== 0 && sign !== last;
    run = turns || last === 0 ? 1 : run + 1;
    if (turns) step = Math.max(step / 2, least / 2);
    else if (run >= doubleAfter) step = Math.min(most, step * 2);
    last = sign;
  }
  return { step, turns };
}

function bounds({ min, max, maxStep }: ThresholdPolicy): string {
  return maxStep === 0 ? "maxStep is 0" : `min is ${show(min)}, max ${show(max)}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function show(value: number): string {
  return String(Number(value.toFixed(4)));
}
