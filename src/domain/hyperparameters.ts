/** What one attempt trains with, of all that a later attempt may change. */
export interface AttemptSettings {
  readonly learningRate: number;
  readonly microBatchSize: number;
  /** Attempts that share it share checkpoints. */
  readonly checkpointKey: string;
}

export type TrainingFailure = "Diverged" | "OutOfMemory";

export interface Adjustment {
  readonly settings: AttemptSettings;
  /** What changed and why, for status and log. */
  readonly change: string;
}

/** A run that still diverges at 1/16 of what was asked diverges for another reason. */
const MOST_HALVINGS = 4;

/**
 * The next attempt's settings after a failure, or undefined when nothing is left to change.
 * Diverged: the learning rate is halved and training starts again, since the diverged weights are worth nothing.
 * Out of memory: the micro-batch is halved and training goes on; the global batch, and so the loss curve, stays.
 */
export function adjusted(
  failure: TrainingFailure,
  last: AttemptSettings,
  next: { readonly number: number; readonly askedLearningRate: number },
): Adjustment | undefined {
  if (failure === "OutOfMemory") {
    if (last.microBatchSize <= 1) return undefined;
    const microBatchSize = Math.floor(last.microBatchSize / 2);
    return {
      settings: { ...last, microBatchSize },
      change: `microBatchSize ${last.microBatchSize} → ${microBatchSize}: out of memory`,
    };
  }
  const learningRate = last.learningRate / 2;
  if (learningRate < next.askedLearningRate / 2 ** MOST_HALVINGS) return undefined;
  return {
    settings: { ...last, learningRate, checkpointKey: `attempt-${next.number}` },
    change: `learningRate ${last.learningRate} → ${learningRate}: the loss diverged`,
  };
}
