import type { FeedbackInput } from "../api/learning/feedback.ts";
import type { InteractionInput } from "../api/learning/interaction.ts";

/** What a queued item costs beside its parts. */
export const ITEM_BYTES = 1024;

interface Queued {
  readonly id: string;
  /** UTF-16 units of its texts: its JSON is at least as long. */
  readonly units: number;
  /** What it counts for in the budget. */
  readonly bytes: number;
  /** How often the server said "later" to this item. */
  attempts: number;
  /** How often it was sent. */
  tries: number;
  /** How often the server failed on it alone, having stored others since the time before. */
  strikes: number;
  /** How many batches the server had stored when it last failed on this item alone; -1: it never did. */
  struckAt: number;
}

export interface InteractionItem extends Queued {
  readonly kind: "interaction";
  body: InteractionInput;
}

export interface FeedbackItem extends Queued {
  readonly kind: "feedback";
  readonly body: FeedbackInput;
}

export type Item = InteractionItem | FeedbackItem;

/**
 * The same item with less in it: the older half of the history, then what stood before the code, then the reasoning.
 * Undefined: nothing can be left out any more.
 */
export function lighter(item: Item): Item | undefined {
  if (item.kind === "feedback") return undefined;
  const { history, reasoning, code, ...rest } = item.body;
  const kept = { ...(reasoning !== undefined && { reasoning }), ...(code !== undefined && { code }) };
  if (history !== undefined && history.length > 0)
    return { ...item, body: { ...rest, ...kept, history: history.slice(Math.ceil(history.length / 2)) } };
  if (code?.some((block) => block.before !== undefined))
    return { ...item, body: { ...rest, ...kept, code: code.map(({ before: _, ...block }) => block) } };
  return reasoning === undefined ? undefined : { ...item, body: { ...rest, ...(code !== undefined && { code }) } };
}
