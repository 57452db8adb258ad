import type { LoadedInteraction, Scored } from "../../store/port.ts";
import { score } from "../../store/testing/sample.ts";
import type { Assess } from "../batch.ts";

export const assessAll: Assess = (batch) => batch.map(scoreOf);

export function scoreOf({ interaction: { facts, feedbackSeq } }: LoadedInteraction): Scored {
  return score(facts, { feedbackSeq, at: Date.now() });
}
