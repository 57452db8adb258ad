import { type LastWords, lastWords } from "../../domain/quality/feedback.ts";
import { satisfaction, type UserVoice } from "../../domain/quality/satisfaction.ts";
import type { InteractionContent } from "../model.ts";
import type { LoadedInteraction } from "../store/port.ts";
import { editDistance } from "./edit-distance.ts";
import type { Assessor } from "./port.ts";

/** The upper half of the decision tree: what the user said and did. */
export const satisfactionAssessor: Assessor = {
  dimension: "satisfaction",
  version: "1",
  assess: (subject) => satisfaction(userVoice(subject)),
};

export function userVoice({ interaction: { content }, feedback }: LoadedInteraction): UserVoice {
  const words = lastWords(feedback.map(({ feedback: item }) => item));
  return {
    rating: words.rating?.rating,
    accepted: words.acceptance?.accepted,
    changed: changed(content, words.edits),
    retained: words.retention,
    length: offered(content),
  };
}

/** Mean over the edited blocks by their length; what the user left alone was not changed. */
function changed({ code }: InteractionContent, edits: LastWords["edits"]): number | undefined {
  let sum = 0;
  let known = false;
  for (const { block, after } of edits) {
    const before = code[block]?.after;
    // An edit of a block that was never offered says nothing about what was.
    if (before === undefined) continue;
    known = true;
    sum += editDistance(before, after) * weight(before);
  }
  return known ? sum / code.reduce((total, { after }) => total + weight(after), 0) : undefined;
}

/** Even an empty block counts: it may have been filled. */
function weight(code: string): number {
  return Math.max(1, code.length);
}

/** Characters offered to be accepted: the code, or the answer where it has none. */
function offered({ code, output }: InteractionContent): number {
  return code.length === 0 ? output.length : code.reduce((sum, { after }) => sum + after.length, 0);
}
