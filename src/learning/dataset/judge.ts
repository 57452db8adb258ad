import type { Instant } from "../model.ts";
import type { LoadedInteraction } from "../store/port.ts";
import { type Example, exampleOf } from "./example.ts";
import type { Exclusion } from "./rows.ts";

/** What is learnt from a candidate, or the first reason why nothing is. */
export function judge(candidate: LoadedInteraction, asOf: Instant, threshold: number): Example | Exclusion {
  const { interaction, assessment } = candidate;
  if (interaction.receivedAt > asOf) return "AfterCut";
  if (assessment?.verdict === "exclude") return "ExcludedByReviewer";
  const included = assessment !== undefined && (assessment.overall >= threshold || assessment.verdict === "include");
  return included ? exampleOf(candidate, asOf) : "BelowThreshold";
}
