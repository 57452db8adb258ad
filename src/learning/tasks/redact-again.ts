import type { Feedback } from "../../api/learning/feedback.ts";
import type { Interaction } from "../../api/learning/interaction.ts";
import type { PrivacyPolicy } from "../../api/learning/policies.ts";
import { TASK_INPUTS } from "../../api/learning/tasks.ts";
import type { Clock } from "../../kube/clock.ts";
import type { PolicyBook } from "../intake/policy-book.ts";
import type { InteractionContent, Placeholders, RedactionCounts, StoredFeedback } from "../model.ts";
import type { FilterResult, PrivacyFilter } from "../privacy/port.ts";
import type { InteractionStore, LoadedInteraction } from "../store/port.ts";
import { TaskFailed } from "../worker/task-errors.ts";
import type { TaskHandler } from "../worker/tasks.ts";

export interface RedactAgainDeps {
  readonly interactions: Pick<InteractionStore, "rewrite">;
  readonly filter: Pick<PrivacyFilter, "filter">;
  readonly policies: Pick<PolicyBook, "named" | "current" | "refresh">;
  readonly clock: Clock;
}

/** Applies a policy's patterns to what was stored before it had them. Safe to repeat: what is redacted stays as it is. */
export function redactTask({ interactions, filter, policies, clock }: RedactAgainDeps): TaskHandler {
  return async ({ tenant, input }, { signal }) => {
    const { policy: name, revision, notBefore } = TASK_INPUTS.redact.parse(input);
    // What another process accepted by the older set must not slip through behind us.
    await clock.sleep(Math.max(0, notBefore - clock.now()), signal);
    await policies.refresh();
    if ((policies.current()?.revision ?? 0) < revision)
      throw new TaskFailed("NotInForce", `policy set ${revision} is not in force yet`, { retryable: true });
    const policy = policies.named(name);
    if (policy === undefined) return { changed: 0, because: "the policy is gone" };
    // One that cannot be looked through must not keep the pattern from all that came after it.
    let left = 0;
    const changed = await interactions.rewrite(name, tenant, (batch) => {
      signal.throwIfAborted();
      return Promise.all(
        batch.map(async (loaded) => {
          try {
            return await redacted(filter, loaded, policy.privacy);
          } catch (error) {
            if (!(error instanceof NotRedactable)) throw error;
            left++;
            return undefined;
          }
        }),
      );
    });
    // What cannot be looked through whole is not known to be clean: the task says so.
    if (left > 0)
      throw new TaskFailed("NotRedactable", `${left} stored interactions could not be redacted anew`, {
        retryable: true,
      });
    return { changed };
  };
}

/** Undefined where there was nothing to replace. */
async function redacted(
  filter: Pick<PrivacyFilter, "filter">,
  loaded: LoadedInteraction,
  policy: PrivacyPolicy,
): Promise<LoadedInteraction | undefined> {
  const { interaction } = loaded;
  const { tenant, redactions } = interaction.facts;
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
  const feedback: StoredFeedback[] = [];
  for (const each of loaded.feedback) {
    const { feedback: body } = each;
    if (body.type !== "edit" && body.type !== "comment") {
      feedback.push(each);
      continue;
    }
    const [answer] = await filter.filter([
      { kind: "feedback", tenant, policy, body, context: { ...context, placeholders } },
    ]);
    const result = passed<Feedback>(answer);
    placeholders = { ...placeholders, ...result.placeholders };
    changed ||= Object.keys(result.counts).length > 0;
    feedback.push({ ...each, feedback: result.body });
  }
  if (!changed) return undefined;
  const content: InteractionContent = { ...contentOf(whole.body), syntax: interaction.content.syntax, placeholders };
  const facts = { ...interaction.facts, redactions: sumOf(redactions, whole.counts) };
  return { ...loaded, interaction: { ...interaction, facts, content }, feedback };
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

class NotRedactable extends Error {
  override readonly name = "NotRedactable";
}

function passed<T extends Interaction | Feedback>(result: FilterResult | undefined): Passed<T> {
  if (result?.ok === true) return result as Passed<T>;
  throw new NotRedactable(result?.reason ?? "Failed");
}
