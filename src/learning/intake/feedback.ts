import { type Feedback, feedback } from "../../api/learning/feedback.ts";
import type { PrivacyPolicy } from "../../api/learning/policies.ts";
import type { ItemResult } from "../../api/learning/results.ts";
import { privacy } from "../../api/v1alpha1/learning.ts";
import type { EventId, NewFeedback, Placeholders } from "../model.ts";
import type { FilterResult } from "../privacy/port.ts";
import { timeOf } from "../store/event-id.ts";
import type { RedactionContext } from "../store/port.ts";
import { canonicalJson } from "./canonical.ts";
import { IntakeUnavailable } from "./errors.ts";
import { withinWindow } from "./event-id.ts";
import { itemParser } from "./item.ts";
import type { Intake, IntakeDeps } from "./port.ts";
import { answerAt, type Entry, notRedacted, outsideWindow, settled, sieve } from "./sieve.ts";

interface Admitted {
  readonly raw: unknown;
  readonly item: Feedback;
  readonly context: RedactionContext;
}

/** Feedback whose policy is gone is redacted by all we have: nothing gets in by a policy's being deleted. */
const EVERYTHING: PrivacyPolicy = privacy.parse({});

/** As interactions, but by the policy and with the placeholders of the interaction that it belongs to. */
export function feedbackIntake(deps: IntakeDeps): Intake["feedback"] {
  const { interactions, queue, policies, hash, clock, meter } = deps;
  const parse = itemParser(feedback);

  return async ({ tenant }, items) => {
    if (policies.current() === undefined) throw new IntakeUnavailable("no policy has arrived yet");
    const now = clock.now();
    const results: ItemResult[] = [];
    const came: readonly Entry<unknown>[] = items.map((item, index) => ({ index, item }));
    const parsed = sieve(results, came, (raw) => {
      const checked = parse(raw);
      if (!checked.ok) return checked;
      const { item } = checked;
      if (!withinWindow(timeOf(item.id), now)) return { ok: false, result: outsideWindow(item.id, "id") };
      if (!withinWindow(Date.parse(item.at), now)) return { ok: false, result: outsideWindow(item.id, "at") };
      return { ok: true, item: { raw, item } };
    });
    const ids = new Set(parsed.map(({ item }) => item.item.interactionId));
    const contexts =
      ids.size === 0 ? new Map<EventId, RedactionContext>() : await interactions.redactionContexts(tenant, [...ids]);
    const admitted = sieve<(typeof parsed)[number]["item"], Admitted>(results, parsed, ({ raw, item }) => {
      const context = contexts.get(item.interactionId);
      if (context === undefined) return { ok: false, result: settled(item.id, "unknown") };
      return { ok: true, item: { raw, item, context } };
    });

    const answers = await redact(tenant, admitted);
    const redacted = sieve<Admitted, NewFeedback>(results, admitted, ({ raw, item, context }, position) => {
      const answer = answerAt(answers, position);
      if (!answer.ok) return { ok: false, result: notRedacted(item.id, answer) };
      meter.redacted(answer.counts);
      if ("servedModel" in answer.body) {
        throw new IntakeUnavailable("the filter answered with another kind of item");
      }
      const { id, interactionId, at } = item;
      return {
        ok: true,
        item: {
          tenant,
          feedback: { ...answer.body, id, interactionId, at },
          body: hash(tenant, "body", canonicalJson(raw)),
          placeholders: added(context.placeholders, answer.placeholders),
          syntax: answer.syntax[0],
        },
      };
    });
    if (redacted.length > 0) {
      const outcomes = await interactions.acceptFeedback(
        redacted.map(({ item }) => item),
        now,
      );
      for (const [position, { index, item }] of redacted.entries()) {
        results[index] = settled(item.feedback.id, answerAt(outcomes, position));
      }
      queue.nudge();
    }
    for (const { status, code } of results) {
      meter.settled("feedback", code ?? (status === 201 ? "Stored" : "Duplicate"));
    }
    return results;
  };

  /**
   * Feedback without text needs no filter. Of one interaction's texts, each goes on from the placeholders of the one
   * before: in rounds, so that two never give one number to two values.
   */
  async function redact(tenant: string, admitted: readonly Entry<Admitted>[]): Promise<readonly FilterResult[]> {
    const answers: FilterResult[] = admitted.map(({ item: { item, context } }) => ({
      ok: true,
      body: item,
      counts: {},
      placeholders: context.placeholders,
      syntax: [],
    }));
    const placeholders = new Map<EventId, Placeholders>();
    let waiting = admitted.map(({ item }, position) => ({ ...item, position })).filter(({ item }) => hasText(item));
    while (waiting.length > 0) {
      const seen = new Set<EventId>();
      const round = waiting.filter(
        ({ item: { interactionId } }) => !seen.has(interactionId) && seen.add(interactionId),
      );
      const done = await deps.filter.filter(
        round.map(({ item, context }) => ({
          kind: "feedback",
          tenant,
          policy: policies.named(context.policy)?.privacy ?? EVERYTHING,
          body: item,
          context: { ...context, placeholders: placeholders.get(item.interactionId) ?? context.placeholders },
        })),
      );
      for (const [of, { item, position }] of round.entries()) {
        const answer = answerAt(done, of);
        answers[position] = answer;
        if (answer.ok) placeholders.set(item.interactionId, answer.placeholders);
      }
      waiting = waiting.filter((entry) => !round.includes(entry));
    }
    return answers;
  }
}

const hasText = ({ type }: Feedback) => type === "edit" || type === "comment";

function added(before: Placeholders, after: Placeholders): Placeholders {
  return Object.fromEntries(Object.entries(after).filter(([hash]) => before[hash] === undefined));
}
