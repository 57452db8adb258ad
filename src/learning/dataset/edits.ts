import { SCORING } from "../../domain/quality/numbers.ts";
import { editDistance } from "../assessment/edit-distance.ts";
import type { Instant, StoredFeedback } from "../model.ts";
import type { LoadedInteraction } from "../store/port.ts";

type Edit = StoredFeedback & { readonly feedback: Extract<StoredFeedback["feedback"], { type: "edit" }> };

/**
 * The answer as the user corrected it: the newest edit of each block stands in for the model's code where the answer was
 * not rejected afterwards, the edit is minor (more is another answer, which the prose around it does not fit), parses no
 * worse, and the block stands in the answer exactly once. Answers undefined where nothing changes.
 */
export function correctedAnswer(loaded: LoadedInteraction, asOf: Instant): string | undefined {
  const known = loaded.feedback.filter((one) => one.receivedAt <= asOf);
  const edits = new Map<number, Edit>();
  for (const one of known) if (isEdit(one)) edits.set(one.feedback.block, one);
  if (edits.size === 0 || wasRejected(known)) return undefined;
  const { content } = loaded.interaction;
  let answer = content.output;
  for (const [block, edit] of [...edits].sort(([a], [b]) => a - b)) {
    const offered = content.code[block]?.after.trimEnd();
    const left = edit.feedback.after.trimEnd();
    if (!offered || !left || editDistance(offered, left) > SCORING.modification.minorUpTo) continue;
    if ((edit.syntax?.after ?? 0) > (content.syntax[block]?.after ?? 0)) continue;
    const at = answer.indexOf(offered);
    if (at === -1 || answer.indexOf(offered, at + 1) !== -1) continue;
    answer = answer.slice(0, at) + left + answer.slice(at + offered.length);
  }
  return answer === content.output ? undefined : answer;
}

function isEdit(one: StoredFeedback): one is Edit {
  return one.feedback.type === "edit";
}

function wasRejected(feedback: readonly StoredFeedback[]): boolean {
  const last = feedback.map((one) => one.feedback).findLast((one) => one.type === "acceptance");
  return last !== undefined && !last.accepted;
}
