import type { Feedback } from "../../../api/learning/feedback.ts";
import type { Interaction } from "../../../api/learning/interaction.ts";
import type { FilterRequest, FilterResult, PrivacyFilter } from "../../privacy/port.ts";

/** How a canary looks: what a test plants to see where it comes out. */
export const CANARY = /CANARY-\w+/g;

/**
 * Stands for the privacy filter where a test is not about what it finds: it takes canaries out of every text, numbers
 * them as the real one does, and keeps what it was asked.
 */
export class MarkingFilter implements PrivacyFilter {
  readonly requests: FilterRequest[] = [];
  /** Answers instead, while set. */
  refuse: (FilterResult & { ok: false })["reason"] | undefined;

  async filter(requests: readonly FilterRequest[]): Promise<readonly FilterResult[]> {
    this.requests.push(...requests);
    const { refuse } = this;
    return requests.map((request) => (refuse === undefined ? redact(request) : refused(refuse)));
  }

  async close(): Promise<void> {}
}

const refused = (reason: (FilterResult & { ok: false })["reason"]): FilterResult => ({
  ok: false,
  reason,
  message: "CANARY-message: never to be shown",
});

function redact(request: FilterRequest): FilterResult {
  const placeholders: Record<string, string> = request.kind === "feedback" ? { ...request.context.placeholders } : {};
  let count = 0;
  const text = JSON.stringify(request.body).replace(CANARY, (found) => {
    count += 1;
    const hash = Buffer.from(found).toString("hex").padEnd(64, "0").slice(-64);
    placeholders[hash] ??= `SECRET_${Object.keys(placeholders).length + 1}`;
    return `<${placeholders[hash]}>`;
  });
  const body = JSON.parse(text) as Interaction | Feedback;
  const blocks = "servedModel" in body ? body.code.map(({ language }) => language) : body.type === "edit" ? ["go"] : [];
  return {
    ok: true,
    body,
    counts: count === 0 ? {} : { SECRET: count },
    placeholders,
    syntax: blocks.map((language) => ({ language, before: 0, after: 0 })),
  };
}
