import type { CodeParser } from "../syntax/index.ts";
import { codeQualityAssessor } from "./code-quality.ts";
import { contextRelevanceAssessor } from "./context-relevance.ts";
import { efficiencyAssessor } from "./efficiency.ts";
import { functionalCorrectnessAssessor } from "./functional-correctness.ts";
import type { Assessor } from "./port.ts";
import { satisfactionAssessor } from "./satisfaction.ts";

/** The five. Another one is another entry. */
export function standardAssessors(parser: CodeParser): readonly Assessor[] {
  return [
    satisfactionAssessor,
    functionalCorrectnessAssessor,
    codeQualityAssessor(parser),
    contextRelevanceAssessor,
    efficiencyAssessor,
  ];
}
