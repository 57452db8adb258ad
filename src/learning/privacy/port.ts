import type { Feedback } from "../../api/learning/feedback.ts";
import type { Interaction } from "../../api/learning/interaction.ts";
import type { PrivacyPolicy } from "../../api/learning/policies.ts";
import type { BlockSyntax, Placeholders, RedactionCounts } from "../model.ts";
import type { RedactionContext } from "../store/port.ts";

export type FilterRequest =
  | {
      readonly kind: "interaction";
      readonly tenant: string;
      readonly policy: PrivacyPolicy;
      readonly body: Interaction;
      /** Of what is redacted anew: its numbers go on from there. */
      readonly placeholders?: Placeholders;
    }
  | {
      readonly kind: "feedback";
      readonly tenant: string;
      readonly policy: PrivacyPolicy;
      readonly body: Feedback;
      /** Of the interaction it belongs to: its placeholders go on from there. */
      readonly context: RedactionContext;
    };

export type FilterResult<T extends Interaction | Feedback = Interaction | Feedback> =
  | {
      readonly ok: true;
      /** The same shape, with every text redacted. */
      readonly body: T;
      readonly counts: RedactionCounts;
      /** All placeholders of the interaction so far. */
      readonly placeholders: Placeholders;
      /** One for each block of code; of feedback, one for an edit. */
      readonly syntax: readonly BlockSyntax[];
    }
  | {
      readonly ok: false;
      readonly reason: "TooLarge" | "TooSlow" | "Failed" | "InvalidPattern";
      readonly message: string;
    };

/** Redacts before anything is stored, in worker threads, within a budget; what it cannot finish it refuses. Never throws. */
export interface PrivacyFilter {
  filter(requests: readonly FilterRequest[]): Promise<readonly FilterResult[]>;
  close(): Promise<void>;
}
