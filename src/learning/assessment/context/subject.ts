import { SCORING } from "../../../domain/quality/numbers.ts";
import type { InteractionContent } from "../../model.ts";

/** An interaction, laid out for the checks of context relevance, each text cut to what they look at. */
export interface ContextSubject {
  readonly content: InteractionContent;
  readonly question: string;
  /** Output and code. */
  readonly answer: string;
  /** What is known of project and codebase: the texts of the facts. */
  readonly facts: readonly string[];
}

export function contextSubject(content: InteractionContent): ContextSubject {
  const most = SCORING.context.mostCharacters;
  const code = content.code.map(({ after }) => after).join("\n");
  return {
    content,
    question: content.input.slice(0, most),
    answer: `${content.output.slice(0, most)}\n${code.slice(0, most)}`,
    facts: [content.context?.project, content.context?.codebase].flatMap((record) =>
      Object.entries(record ?? {}).flatMap(([name, value]) => (typeof value === "string" ? [value] : [name])),
    ),
  };
}
