import type { FeedbackInput } from "../api/learning/feedback.ts";
import { type Copy, INVALID } from "./copy.ts";
import type { FeedbackGiven } from "./given.ts";
import { MAX_CODE_BLOCKS, MAX_COMMENT, MAX_COUNT, MAX_FIELD, POINTS } from "./limits.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** Feedback as the API takes it. Throws `Unfit`, or whatever the agent's getters throw. */
export function copyFeedback(
  interactionId: unknown,
  given: FeedbackGiven,
  id: string,
  now: number,
  copy: Copy,
): FeedbackInput {
  const about = copy.text(interactionId, 36);
  if (!UUID.test(about)) throw INVALID;
  const head = { id, interactionId: about.toLowerCase(), at: copy.when(given.at, now) };
  switch (given.type) {
    case "rating":
      return { ...head, type: "rating", rating: within(given.rating, 1, 5, Number.isInteger) };
    case "acceptance":
      return { ...head, type: "acceptance", accepted: truth(given.accepted) };
    case "edit": {
      const block = within(given.block ?? 0, 0, MAX_CODE_BLOCKS - 1, Number.isInteger);
      return { ...head, type: "edit", block, after: copy.text(given.after, MAX_FIELD) };
    }
    case "retention": {
      const point = copy.choice(given.point, POINTS);
      if (point === undefined) throw INVALID;
      return { ...head, type: "retention", point, share: within(given.share, 0, 1) };
    }
    case "test": {
      const passed = copy.whole(given.passed, MAX_COUNT);
      const failed = copy.whole(given.failed, MAX_COUNT);
      return {
        ...head,
        type: "test",
        succeeded: truth(given.succeeded),
        ...(passed !== undefined && { passed }),
        ...(failed !== undefined && { failed }),
      };
    }
    case "compile":
      return { ...head, type: "compile", succeeded: truth(given.succeeded) };
    case "deploy":
      return { ...head, type: "deploy", succeeded: truth(given.succeeded) };
    case "comment":
      return { ...head, type: "comment", text: copy.text(given.text, MAX_COMMENT, 1) };
    default:
      throw INVALID;
  }
}

function truth(value: unknown): boolean {
  if (typeof value !== "boolean") throw INVALID;
  return value;
}

function within(value: unknown, least: number, most: number, also = Number.isFinite): number {
  if (typeof value !== "number" || !also(value) || value < least || value > most) throw INVALID;
  return value;
}
