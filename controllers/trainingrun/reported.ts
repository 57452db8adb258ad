import { runEvaluation, type TrainingRunStatus } from "../../src/api/v1alpha1/trainingrun.ts";
import type { TerminationMessage } from "./outcome.ts";
import type { ResolvedRun } from "./resolve.ts";

type Evaluation = NonNullable<TrainingRunStatus["evaluation"]>;
type Dataset = NonNullable<TrainingRunStatus["dataset"]>;

/** What was trained on, as the trainer counted it. */
export function datasetOf({ dataset: asked }: ResolvedRun, { dataset }: TerminationMessage): Dataset {
  if (dataset == null) return { ...asked };
  const { rows, used, tooLong, thinking, thinkingRatio, rehearsal } = dataset;
  return {
    ...asked,
    rows,
    used,
    tooLong,
    ...(used === 0 ? {} : { thinkingRatioAchieved: thinking / used }),
    ...(thinkingRatio == null ? {} : { thinkingRatioAsked: thinkingRatio.asked }),
    ...(rehearsal == null ? {} : { rehearsal }),
  };
}

/** What training says of itself, and what the evaluation adds where there was one. */
export function evaluationOf({ metrics }: TerminationMessage, evaluated: TerminationMessage | undefined): Evaluation {
  const own: Evaluation = {
    ...(metrics?.evaluationLoss == null ? {} : { loss: metrics.evaluationLoss }),
    ...(metrics?.perplexity == null ? {} : { perplexity: metrics.perplexity }),
  };
  if (evaluated?.evaluation == null) return own;
  const { uri, sha256, accuracy, reasoning, leakage, forgetting } = evaluated.evaluation;
  return runEvaluation.parse({
    ...own,
    accuracy: present({ thinking: accuracy.Thinking, nonThinking: accuracy.NonThinking }),
    reasoning: present(reasoning),
    leakage: present(leakage),
    forgetting: present(forgetting),
    report: { uri, sha256 },
  });
}

/** Without the fields that the trainer did not say: a status knows no undefined. */
function present(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
