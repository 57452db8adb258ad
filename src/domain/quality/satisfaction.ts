import type { RetentionPoint } from "./feedback.ts";
import { SCORING } from "./numbers.ts";

const { levels, rating, modification, strength } = SCORING;

/** What one dimension says: a value and how much there is to go by, both 0 to 1, and a sentence. */
export interface Judgement {
  readonly value: number;
  readonly strength: number;
  readonly because: string;
}

/** What the user said and did about an answer. Undefined: not known. */
export interface UserVoice {
  /** 1 to 5. */
  readonly rating: number | undefined;
  readonly accepted: boolean | undefined;
  /** Share of the offered tokens that the user changed, 0 to 1. */
  readonly changed: number | undefined;
  /** Share of the accepted characters that still stood when it was last looked at. */
  readonly retained: { readonly point: RetentionPoint; readonly share: number } | undefined;
  /** Characters offered. */
  readonly length: number;
}

type Branch = (voice: UserVoice) => Judgement | undefined;

/**
 * The upper half of the user's decision tree, one function for each way through it. Undefined: the user has said and
 * done nothing.
 */
export function satisfaction(voice: UserVoice): Judgement | undefined {
  for (const branch of BRANCHES) {
    const judgement = branch(voice);
    if (judgement !== undefined) return judgement;
  }
  return undefined;
}

const ratedHigh: Branch = ({ rating: stars }) =>
  stars !== undefined && stars >= rating.highFrom
    ? judged(levels.high, strength.rating, `The user rated it ${stars} of 5: high.`)
    : undefined;

const ratedBelow: Branch = ({ rating: stars }) =>
  stars !== undefined
    ? judged(levels.medium, strength.rating, `The user rated it ${stars} of 5, below ${rating.highFrom}: medium.`)
    : undefined;

const notAccepted: Branch = ({ accepted }) =>
  accepted === false ? judged(levels.low, strength.rejection, "The user did not accept it: low.") : undefined;

/** Accepted and then removed is not accepted: nobody uses it. */
const takenBack: Branch = (voice) =>
  voice.retained !== undefined && voice.retained.share < modification.takenBackBelow
    ? judged(levels.low, implicit(voice), `The user accepted it and took it back${stands(voice)}: low.`)
    : undefined;

const unmodified: Branch = (voice) =>
  used(voice) && change(voice) === 0
    ? judged(levels.high, implicit(voice), `The user accepted it unmodified${stands(voice)}: high.`)
    : undefined;

const minorChanges: Branch = (voice) =>
  used(voice) && change(voice) <= modification.minorUpTo
    ? judged(levels.mediumHigh, implicit(voice), `The user made minor changes${stands(voice)}: medium-high.`)
    : undefined;

const majorChanges: Branch = (voice) =>
  used(voice)
    ? judged(levels.medium, implicit(voice), `The user made major changes${stands(voice)}: medium.`)
    : undefined;

/** An explicit rating comes first: it wins over everything the user did. */
const BRANCHES: readonly Branch[] = [
  ratedHigh,
  ratedBelow,
  notAccepted,
  takenBack,
  unmodified,
  minorChanges,
  majorChanges,
];

/** Who edits code or keeps it has accepted it, whether or not that was reported. */
function used({ accepted, changed, retained }: UserVoice): boolean {
  return accepted === true || changed !== undefined || retained !== undefined;
}

/** The greater of what was edited and what no longer stands. */
function change({ changed, retained }: UserVoice): number {
  const gone = retained === undefined || retained.share >= modification.wholeFrom ? 0 : 1 - retained.share;
  return Math.max(changed ?? 0, gone);
}

/** The best that is known of what the user did, less for short answers: those are accepted for being short. */
function implicit({ accepted, changed, retained, length }: UserVoice): number {
  const said = Math.max(
    accepted === undefined ? 0 : strength.acceptance,
    changed === undefined ? 0 : strength.edit,
    retained === undefined ? 0 : strength.retention[retained.point],
  );
  const { full, least } = strength.length;
  return said * (least + (1 - least) * Math.min(1, length / full));
}

function stands({ retained, length }: UserVoice): string {
  if (retained === undefined) return "";
  const where = retained.point === "commit" ? "at the commit" : `after ${retained.point}`;
  return `, ${Math.round(retained.share * length)} of ${length} characters still stood ${where}`;
}

function judged(value: number, weight: number, because: string): Judgement {
  return { value, strength: weight, because };
}
