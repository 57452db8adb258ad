import type { FeedbackInput } from "../../../api/learning/feedback.ts";
import { feedback as feedbackSchema } from "../../../api/learning/feedback.ts";
import type { InteractionContent, InteractionFacts } from "../../model.ts";
import type { LoadedInteraction } from "../../store/port.ts";

type Distribute<T> = T extends unknown ? Omit<T, "id" | "interactionId" | "at"> & { readonly at?: string } : never;
/** Feedback without what every feedback has. */
export type Said = Distribute<FeedbackInput>;

export const AT = Date.UTC(2026, 0, 15, 12);
export const INTERACTION = "019bc1f0-0000-7000-8000-000000000001";

/** An interaction as the store would give it; only what a test is about need be said. */
export function subject(
  content: Partial<InteractionContent> = {},
  said: readonly Said[] = [],
  facts: Partial<InteractionFacts> = {},
): LoadedInteraction {
  const code = content.code ?? [];
  return {
    interaction: {
      facts: {
        tenant: "acme",
        id: INTERACTION,
        at: AT,
        policy: "team/coder",
        policyRevision: 1,
        kind: "prompt",
        servedModel: "coder",
        modelVersion: "coder-5be20c1f",
        thinking: false,
        session: "5e55",
        subject: undefined,
        repository: undefined,
        contributor: "key1",
        languages: [...new Set(code.map(({ language }) => language))].sort(),
        tools: [...new Set((content.context?.toolUsage ?? []).map(({ name }) => name))].sort(),
        redactions: {},
        ...facts,
      },
      content: {
        input: "How do I do this?",
        output: "Like this.",
        history: [],
        code: [],
        syntax: code.map(({ language }) => ({ language, before: 0, after: 0 })),
        placeholders: {},
        ...content,
      },
      receivedAt: AT + 1000,
      feedbackSeq: said.length,
    },
    feedback: said.map((body, index) => ({
      feedback: feedbackSchema.parse({
        at: new Date(AT + 1000 * (index + 1)).toISOString(),
        ...body,
        id: `019bc1f0-0000-7000-9000-${String(index).padStart(12, "0")}`,
        interactionId: INTERACTION,
      }),
      seq: index + 1,
      receivedAt: AT + 2000,
      syntax: undefined,
    })),
    assessment: undefined,
  };
}
