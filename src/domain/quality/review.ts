import { createHmac } from "node:crypto";
import type { AssessmentPolicy } from "../../api/learning/policies.ts";

/**
 * Whether a person should look, and why. The audit is a random share of the rest, by a keyed hash of the id: the same
 * on every try, and not to be dodged by a client that chooses its ids, since the salt is ours.
 */
export function reviewChoice(
  id: string,
  confidence: number,
  policy: Pick<AssessmentPolicy["review"], "belowConfidence" | "auditFraction">,
  salt: string,
): "LowConfidence" | "Audit" | undefined {
  if (confidence < policy.belowConfidence) return "LowConfidence";
  return draw(id, salt) < policy.auditFraction ? "Audit" : undefined;
}

/** Evenly spread over 0 ≤ x < 1. */
function draw(id: string, salt: string): number {
  return createHmac("sha256", salt).update(id).digest().readUIntBE(0, 6) / 2 ** 48;
}
