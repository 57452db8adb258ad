import { createHash } from "node:crypto";
import type { Feedback } from "../../../api/learning/feedback.ts";
import type { PolicySet } from "../../../api/learning/policies.ts";
import { dataPolicy } from "../../../api/learning/policies.ts";
import type {
  EventId,
  Instant,
  InteractionContent,
  InteractionFacts,
  InteractionKey,
  NewFeedback,
  NewInteraction,
} from "../../model.ts";
import { lowestId } from "../event-id.ts";
import type { Scored } from "../port.ts";

export const DAY = 86_400_000;
export const HOUR = 3_600_000;
export const NOW: Instant = Date.UTC(2026, 5, 15, 12, 30);
export const POLICY = "team/coder";

let made = 0;

/** A UUIDv7 of that time; each one greater than those before of the same millisecond. */
export function idAt(at: Instant = NOW): EventId {
  const count = (++made).toString(16).padStart(12, "0");
  return `${lowestId(at).slice(0, 14)}7000-8000-${count}`;
}

export function tenantOf(test: string): string {
  return `${test}-${++made}`;
}

export interface Sample {
  readonly id?: EventId;
  readonly tenant?: string;
  readonly body?: string;
  readonly facts?: Partial<InteractionFacts>;
  readonly content?: Partial<InteractionContent>;
}

/** An interaction with only what matters in view. */
export function interaction({
  id = idAt(),
  tenant = "acme",
  body = "b1",
  facts,
  content,
}: Sample = {}): NewInteraction {
  return {
    body,
    facts: {
      tenant,
      id,
      at: NOW - 1000,
      policy: POLICY,
      policyRevision: 3,
      kind: "prompt",
      servedModel: "coder",
      modelVersion: "coder-5be20c1f",
      thinking: false,
      session: "5e5510",
      subject: undefined,
      repository: undefined,
      contributor: "key-1",
      languages: ["go"],
      tools: ["shell"],
      redactions: { EMAIL: 1 },
      ...facts,
    },
    content: {
      input: "Write a function that adds two numbers.",
      output: "func add(a, b int) int { return a + b }",
      history: [],
      code: [{ language: "go", after: "func add(a, b int) int { return a + b }" }],
      syntax: [{ language: "go", before: 0, after: 0 }],
      placeholders: {},
      ...content,
    },
  };
}

export type FeedbackSays = Feedback extends infer F
  ? F extends Feedback
    ? Omit<F, "id" | "interactionId" | "at">
    : never
  : never;

export function feedback(
  key: InteractionKey,
  says: FeedbackSays = { type: "rating", rating: 5 },
  rest: Partial<Omit<NewFeedback, "tenant" | "feedback">> & { readonly id?: EventId } = {},
): NewFeedback {
  const { id = idAt(), ...others } = rest;
  const head = { id, interactionId: key.id, at: new Date(NOW).toISOString() };
  return {
    tenant: key.tenant,
    feedback: { ...head, ...says },
    body: createHash("sha256").update(JSON.stringify(says)).digest("hex"),
    placeholders: {},
    syntax: undefined,
    ...others,
  };
}

export function score(key: InteractionKey, rest: Partial<Scored> = {}): Scored {
  return {
    tenant: key.tenant,
    id: key.id,
    feedbackSeq: 0,
    assessorVersion: "1",
    dimensions: { satisfaction: 0.9, codeQuality: 0.55 },
    overall: 0.8,
    confidence: 0.7,
    why: ["Rated 5 of 5: High."],
    policy: POLICY,
    at: NOW,
    threshold: 0.7,
    facets: ["kind:prompt", "language:go"],
    review: undefined,
    ...rest,
  };
}

export function keyOf(item: NewInteraction): InteractionKey {
  return { tenant: item.facts.tenant, id: item.facts.id };
}

/** A set of policies, each with its days of retention. */
export function policies(revision: number, retention: Readonly<Record<string, number>> = { coder: 180 }): PolicySet {
  return {
    revision,
    policies: Object.entries(retention).map(([name, retentionDays]) =>
      dataPolicy.parse({ namespace: "team", name, servedModel: name, privacy: { retentionDays } }),
    ),
  };
}

export async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}
