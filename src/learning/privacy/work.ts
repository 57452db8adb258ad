import type { PrivacyPolicy } from "../../api/learning/policies.ts";
import type { Trees } from "../syntax/index.ts";
import { languagesOf, redactFeedback, redactInteraction, textsOf } from "./body.ts";
import { InvalidPattern } from "./detect/custom.ts";
import { keyedHash, numbering, takenIn } from "./placeholders.ts";
import type { FilterRequest, FilterResult } from "./port.ts";
import { createRedactor, type Redactor } from "./redactor.ts";
import { session } from "./session.ts";

/** Policies whose patterns are kept compiled. */
const MOST_POLICIES = 64;

/** Redacts one body; what happens in a worker, without the worker. Throws only what is a bug of ours. */
export function bodyRedaction(secret: Uint8Array, trees: Trees): (request: FilterRequest) => Promise<FilterResult> {
  const redactors = new Map<string, Redactor>();

  function redactorOf({ detect, custom }: PrivacyPolicy): Redactor {
    const key = JSON.stringify([detect, custom]);
    let redactor = redactors.get(key);
    if (redactor === undefined) {
      redactor = createRedactor({ detect, custom });
      if (redactors.size >= MOST_POLICIES) redactors.clear();
      redactors.set(key, redactor);
    }
    return redactor;
  }

  return async (request) => {
    let redactor: Redactor;
    try {
      redactor = redactorOf(request.policy);
    } catch (error) {
      if (error instanceof InvalidPattern) return { ok: false, reason: "InvalidPattern", message: error.message };
      throw error;
    }
    await trees.prepare(languagesOf(request));
    const known = request.kind === "feedback" ? request.context.placeholders : (request.placeholders ?? {});
    const numbers = numbering(keyedHash(secret, request.tenant), known, takenIn(textsOf(request), redactor.types));
    const texts = session(redactor, numbers, trees);
    const { body, syntax } =
      request.kind === "interaction" ? redactInteraction(request.body, texts) : redactFeedback(request, texts);
    return { ok: true, body, counts: numbers.counts, placeholders: numbers.placeholders, syntax };
  };
}

/** Characters of text in a request. */
export function sizeOf(request: FilterRequest): number {
  let size = 0;
  for (const text of textsOf(request)) size += text.length;
  return size;
}
