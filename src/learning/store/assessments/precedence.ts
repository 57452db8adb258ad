import type { Assessment } from "../../model.ts";

/** What decides between two scores of one interaction. */
export type Standing = Pick<Assessment, "feedbackSeq" | "assessorVersion" | "human">;

/**
 * Whether a score takes the place of the current one: a person's beats ours, more feedback beats less, and on the same
 * feedback another version of the assessors beats the one before. What says the same again changes nothing.
 */
export function replaces(current: Standing | undefined, next: Standing): boolean {
  if (current === undefined) return true;
  const [theirs, ours] = [next.human === true, current.human === true];
  if (theirs !== ours) return theirs;
  if (next.feedbackSeq !== current.feedbackSeq) return next.feedbackSeq > current.feedbackSeq;
  return next.assessorVersion !== current.assessorVersion;
}

/** Whether it is what is current already: a repetition after a lost answer. */
export function isCurrent(current: Standing | undefined, next: Standing): boolean {
  return (
    current !== undefined &&
    current.feedbackSeq === next.feedbackSeq &&
    current.assessorVersion === next.assessorVersion &&
    (current.human === true) === (next.human === true)
  );
}
