import type { Feedback } from "../../api/learning/feedback.ts";
import type { Interaction } from "../../api/learning/interaction.ts";
import type { PrivacyPolicy } from "../../api/learning/policies.ts";
import type { EventId, InteractionContent, Placeholders, RedactionCounts, StoredFeedback } from "../model.ts";
import type { FilterResult, PrivacyFilter } from "../privacy/port.ts";
import type { LoadedInteraction, RewritableInteraction } from "../store/port.ts";

/**
 * All that stands of an interaction, redacted by the policy's patterns of today; undefined where there was nothing to
 * replace. Throws NotRedactable where a text of it cannot be looked through.
 */
export async function redacted(
  filter: Pick<PrivacyFilter, "filter">,
  loaded: RewritableInteraction,
  policy: PrivacyPolicy,
): Promise<RewritableInteraction | undefined> {
  const { interaction } = loaded;
  const { id, tenant, redactions } = interaction.facts;
  const { placeholders: known } = interaction.content;
  const [first] = await filter.filter([
    { kind: "interaction", tenant, policy, body: bodyOf(loaded), placeholders: known },
  ]);
  const whole = passed<Interaction>(first);
  let placeholders: Placeholders = { ...known, ...whole.placeholders };
  const context = {
    policy: interaction.facts.policy,
    languages: interaction.content.code.map((block) => block.language),
  };
  let changed = Object.keys(whole.counts).length > 0;
  const said = async <T extends Feedback>(body: T): Promise<T> => {
    const [answer] = await filter.filter([
      { kind: "feedback", tenant, policy, body, context: { ...context, placeholders } },
    ]);
    const result = passed<T>(answer);
    placeholders = { ...placeholders, ...result.placeholders };
    changed ||= Object.keys(result.counts).length > 0;
    return result.body;
  };
  const feedback: StoredFeedback[] = [];
  for (const each of loaded.feedback) {
    const { type } = each.feedback;
    const hasText = type === "edit" || type === "comment";
    feedback.push(hasText ? { ...each, feedback: await said(each.feedback) } : each);
  }
  const note = loaded.note === undefined ? {} : { note: (await said(asComment(loaded.note, id))).text };
  if (!changed) return undefined;
  const content: InteractionContent = { ...contentOf(whole.body), syntax: interaction.content.syntax, placeholders };
  const facts = { ...interaction.facts, redactions: sumOf(redactions, whole.counts) };
  return { ...loaded, interaction: { ...interaction, facts, content }, feedback, ...note };
}

/** A reviewer's note as if a user had said it: only its text goes on from here. */
function asComment(text: string, id: EventId): Extract<Feedback, { type: "comment" }> {
  return { id, interactionId: id, at: new Date(0).toISOString(), type: "comment", text };
}

function sumOf(before: RedactionCounts, more: RedactionCounts): RedactionCounts {
  const sum: Record<string, number> = { ...before };
  for (const [type, count] of Object.entries(more)) sum[type] = (sum[type] ?? 0) + count;
  return sum;
}

/** As it would come in again; what is stored as a hash only has no text to look through. */
function bodyOf({ interaction: { facts, content } }: LoadedInteraction): Interaction {
  const { syntax: _syntax, placeholders: _placeholders, ...texts } = content;
  const { id, kind, servedModel, thinking, session } = facts;
  return { ...texts, id, kind, servedModel, thinking, at: new Date(facts.at).toISOString(), sessionId: session };
}

function contentOf(body: Interaction): Omit<InteractionContent, "syntax" | "placeholders"> {
  const { input, output, reasoning, history, code, context, usage } = body;
  return {
    input,
    output,
    history,
    code,
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(context === undefined ? {} : { context }),
    ...(usage === undefined ? {} : { usage }),
  };
}

type Passed<T extends Interaction | Feedback> = Extract<FilterResult<T>, { ok: true }>;

export class NotRedactable extends Error {
  override readonly name = "NotRedactable";
}

function passed<T extends Interaction | Feedback>(result: FilterResult | undefined): Passed<T> {
  if (result?.ok === true) return result as Passed<T>;
  throw new NotRedactable(result?.reason ?? "Failed");
}
