import type { FeedbackInput as WireFeedback } from "../api/learning/feedback.ts";
import type { InputKind, InteractionInput } from "../api/learning/interaction.ts";

/** When something happened; a Date, milliseconds since 1970 or RFC 3339. */
export type When = Date | number | string;

/** One question and its answer, as the agent hands it over. Nothing in it is changed or kept but its strings. */
export interface RecordInput
  extends Omit<InteractionInput, "id" | "at" | "kind" | "servedModel" | "sessionId" | "repository"> {
  /** When the answer was complete; now, if not given. */
  readonly at?: When;
  /** How the user asked; `prompt`, if neither this nor the option is given. */
  readonly kind?: InputKind;
  /** Overrides the option. */
  readonly servedModel?: string;
  /** Overrides the option. */
  readonly sessionId?: string;
  /** Overrides the option, and what the context capturer read from the remote URL. */
  readonly repository?: string;
}

type Body<F> = F extends WireFeedback ? Omit<F, "id" | "interactionId" | "at"> & { readonly at?: When } : never;
/** What became of an answer, for `feedback()`; the conveniences (`rated`, `accepted`, …) make these. */
export type FeedbackGiven = Body<WireFeedback>;

export interface TestOutcome {
  readonly succeeded: boolean;
  readonly passed?: number;
  readonly failed?: number;
}

/** When retention was looked at, counted from the acceptance. */
export type RetentionPoint = Extract<FeedbackGiven, { type: "retention" }>["point"];
