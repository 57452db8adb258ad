import type { PrivacyPolicy } from "../../api/learning/policies.ts";
import type { Instant, InteractionKey } from "../model.ts";
import type { PrivacyFilter } from "../privacy/port.ts";
import type { RedactionContext } from "../store/port.ts";
import { ReviewProblem } from "./errors.ts";

/** A reviewer's note as it may be stored: redacted like a user's comment, with the placeholders of its interaction. */
export async function redactNote(
  filter: Pick<PrivacyFilter, "filter">,
  policy: PrivacyPolicy,
  { tenant, id }: InteractionKey,
  context: RedactionContext,
  note: string,
  now: Instant,
): Promise<string> {
  const body = { id, interactionId: id, at: new Date(now).toISOString(), type: "comment", text: note } as const;
  const [result] = await filter.filter([{ kind: "feedback", tenant, policy, body, context }]);
  if (result?.ok === true && "type" in result.body && result.body.type === "comment") return result.body.text;
  throw new ReviewProblem("NotRedactable", "nothing was stored; shorten it or leave it out");
}
