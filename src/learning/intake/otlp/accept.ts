import type { FeedbackInput } from "../../../api/learning/feedback.ts";
import { type InteractionInput, MAX_BATCH } from "../../../api/learning/interaction.ts";
import type { ItemResult } from "../../../api/learning/results.ts";
import type { Principal } from "../../http/principal.ts";
import type { Tenant } from "../../model.ts";
import { canonicalJson } from "../canonical.ts";
import type { KeyedHasher } from "../keyed-hash.ts";
import type { Intake } from "../port.ts";
import type { Spans } from "./span.ts";
import { feedbackOf, type Identify, interactionOf } from "./translate.ts";

export interface TranslatedSpans {
  readonly interactions: readonly InteractionInput[];
  readonly feedback: readonly FeedbackInput[];
  readonly unreadable: number;
}

/** What OTLP calls partial success. */
export interface PartialSuccess {
  readonly rejected: number;
  /** Why, in our words; empty when none was. */
  readonly message: string;
}

const MOST_REASONS = 5;

/** Spans that are no model's answer are taken and left at that: exporters send whole traces. */
export function translateSpans({ spans, unreadable }: Spans, tenant: Tenant, hash: KeyedHasher): TranslatedSpans {
  const identify: Identify = (...parts) => hash(tenant, "derived-id", canonicalJson(["otlp", ...parts]));
  return {
    unreadable,
    interactions: spans.flatMap((span) => interactionOf(span, identify) ?? []),
    feedback: spans.flatMap((span) => feedbackOf(span, identify)),
  };
}

/** Interactions first: what is said of them comes in the same export. */
export async function takeSpans(
  intake: Intake,
  principal: Principal,
  { interactions, feedback, unreadable }: TranslatedSpans,
): Promise<PartialSuccess> {
  const results: ItemResult[] = [];
  for (const batch of batches(interactions)) results.push(...(await intake.interactions(principal, batch)));
  for (const batch of batches(feedback)) results.push(...(await intake.feedback(principal, batch)));
  const refused = results.filter(({ status }) => status >= 400);
  const reasons = [...new Set(refused.map(({ code, message }) => `${code}: ${message}`))].slice(0, MOST_REASONS);
  if (unreadable > 0) reasons.unshift("Invalid: a span without ids or times");
  return { rejected: unreadable + refused.length, message: reasons.join("; ") };
}

function* batches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += MAX_BATCH) yield items.slice(at, at + MAX_BATCH);
}
