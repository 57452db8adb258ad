import { type Interaction, interaction } from "../../api/learning/interaction.ts";
import type { DataPolicy } from "../../api/learning/policies.ts";
import type { ItemResult } from "../../api/learning/results.ts";
import type { Principal } from "../http/principal.ts";
import type { Instant, InteractionFacts, KeyedHash, NewInteraction, Tenant } from "../model.ts";
import type { FilterResult } from "../privacy/port.ts";
import { timeOf } from "../store/event-id.ts";
import { canonicalJson } from "./canonical.ts";
import { IntakeUnavailable } from "./errors.ts";
import { withinWindow } from "./event-id.ts";
import { type Checked, itemParser, refused } from "./item.ts";
import { nameOf } from "./policy-book.ts";
import type { Intake, IntakeDeps } from "./port.ts";
import { answerAt, type Entry, notRedacted, outsideWindow, settled, sieve } from "./sieve.ts";

interface Admitted {
  readonly raw: unknown;
  readonly item: Interaction;
  readonly policy: DataPolicy;
}

/** Validate → window → policy → redact → hash → store. Raw text lives in this function's memory, and nowhere after it. */
export function interactionIntake(deps: IntakeDeps): Intake["interactions"] {
  const { interactions, queue, filter, policies, hash, clock, meter } = deps;
  const parse = itemParser(interaction);

  const admit = (tenant: Tenant, raw: unknown, now: Instant): Checked<Admitted> => {
    const checked = parse(raw);
    if (!checked.ok) return checked;
    const { item } = checked;
    if (!withinWindow(timeOf(item.id), now)) return { ok: false, result: outsideWindow(item.id, "id") };
    if (!withinWindow(Date.parse(item.at), now)) return { ok: false, result: outsideWindow(item.id, "at") };
    const policy = policies.forModel(tenant, item.servedModel);
    if (policy === undefined) {
      return { ok: false, result: refused(item.id, "UnknownModel", "servedModel: no QualityPolicy serves this model") };
    }
    return { ok: true, item: { raw, item, policy } };
  };

  return async (principal, items) => {
    if (policies.current() === undefined) await policies.catchUp();
    const now = clock.now();
    const results: ItemResult[] = [];
    const came: readonly Entry<unknown>[] = items.map((item, index) => ({ index, item }));
    const judge = () => sieve(results, came, (raw) => admit(principal.tenant, raw, now));
    let admitted = judge();
    const lacksPolicy = results.some((result) => result?.code === "UnknownModel");
    if (lacksPolicy && (await policies.catchUp())) {
      results.length = 0;
      admitted = judge();
    }
    const set = policies.current();
    if (set === undefined) throw new IntakeUnavailable("no policy has arrived yet");
    const redacting = filter.filter(
      admitted.map(({ item: { item, policy } }) => ({
        kind: "interaction",
        tenant: principal.tenant,
        policy: policy.privacy,
        body: item,
      })),
    );
    // While the worker threads redact.
    const bodies = admitted.map(({ item }) => hash(principal.tenant, "body", canonicalJson(item.raw)));
    const answers = await redacting;

    const redacted = sieve<Admitted, NewInteraction>(results, admitted, ({ item, policy }, position) => {
      const answer = answerAt(answers, position);
      if (!answer.ok) return { ok: false, result: notRedacted(item.id, answer) };
      meter.redacted(answer.counts);
      const body = answerAt(bodies, position);
      return { ok: true, item: newInteraction(principal, item, policy, set.revision, answer, body) };
    });
    if (redacted.length > 0) {
      const outcomes = await interactions.accept(
        redacted.map(({ item }) => item),
        now,
      );
      for (const [position, { index, item }] of redacted.entries()) {
        results[index] = settled(item.facts.id, answerAt(outcomes, position));
      }
      queue.nudge();
    }
    for (const { status, code } of results) {
      meter.settled("interaction", code ?? (status === 201 ? "Stored" : "Duplicate"));
    }
    return results;
  };

  function newInteraction(
    principal: Principal,
    item: Interaction,
    policy: DataPolicy,
    policyRevision: number,
    answer: FilterResult & { ok: true },
    body: KeyedHash,
  ): NewInteraction {
    // The filter answers in the shape it was given; feedback has no servedModel.
    if (!("servedModel" in answer.body)) throw new IntakeUnavailable("the filter answered with another kind of item");
    const {
      id: _,
      at: __,
      sessionId,
      subject,
      repository,
      kind,
      servedModel,
      modelVersion,
      thinking,
      ...text
    } = answer.body;
    const { tenant } = principal;
    const hashed = (purpose: "subject" | "repository", value: string | undefined) =>
      value === undefined ? undefined : hash(tenant, purpose, value);
    const facts: InteractionFacts = {
      tenant,
      id: item.id,
      at: Date.parse(item.at),
      policy: nameOf(policy),
      policyRevision,
      kind,
      servedModel: policy.servedModel,
      modelVersion,
      thinking,
      session: hash(tenant, "session", item.sessionId),
      subject: hashed("subject", item.subject),
      repository: hashed("repository", item.repository),
      contributor: principal.id,
      languages: distinct(text.code.map(({ language }) => language)),
      tools: distinct(text.context?.toolUsage?.map(({ name }) => name) ?? []),
      redactions: answer.counts,
    };
    return { facts, content: { ...text, syntax: answer.syntax, placeholders: answer.placeholders }, body };
  }
}

const distinct = (values: readonly string[]) => [...new Set(values)].sort();
