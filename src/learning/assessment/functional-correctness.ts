import { functionalCorrectness } from "../../domain/quality/correctness.ts";
import { lastWords } from "../../domain/quality/feedback.ts";
import type { Assessor } from "./port.ts";

/** Whether the code compiles, passes its tests and deploys, as reported: nothing of a user's is run here. */
export const functionalCorrectnessAssessor: Assessor = {
  dimension: "functionalCorrectness",
  version: "1",
  assess: ({ feedback }) => functionalCorrectness(lastWords(feedback.map(({ feedback: item }) => item))),
};
