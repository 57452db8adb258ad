import { SCORING } from "../../domain/quality/numbers.ts";
import { answers, mentions, topic } from "./context/answering.ts";
import { frameworks } from "./context/frameworks.ts";
import { language, paths, placeholders, style } from "./context/project.ts";
import { type ContextSubject, contextSubject } from "./context/subject.ts";
import { mean } from "./parts.ts";
import type { Assessor } from "./port.ts";

const { weight, strength } = SCORING.context;

type Check = (subject: ContextSubject) => number | undefined;

/** Each 0 to 1; undefined where it does not apply. */
const CHECKS: Readonly<Record<keyof typeof weight, Check>> = {
  answers,
  topic,
  mentions,
  language,
  frameworks,
  paths,
  style,
  placeholders,
};
const NAMES = ["answers", "topic", "mentions", "language", "frameworks", "paths", "style", "placeholders"] as const;

/** Whether the answer belongs to the question and to the project it was asked in. */
export const contextRelevanceAssessor: Assessor = {
  dimension: "contextRelevance",
  version: "1",
  assess: ({ interaction: { content } }) => {
    const subject = contextSubject(content);
    // Nothing said is not on no topic: it is no answer.
    const applying = answers(subject) === 0 ? (["answers"] as const) : NAMES;
    return mean(
      "Context relevance",
      applying.map((name) => {
        const value = CHECKS[name](subject);
        return value === undefined ? undefined : { name, weight: weight[name], value };
      }),
      strength,
    );
  },
};
