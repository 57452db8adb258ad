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
  { learningRate, microBatchSize, checkpointKey }: AttemptSettings,
  next: { readonly number: number; readonly askedLearningRate: number },
): Adjustment | undefined {
  if (failure === "OutOfMemory") {
    if (microBatchSize <= 1) return undefined;
    const halved = Math.floor(microBatchSize / 2);
    return {
      settings: { learningRate, microBatchSize: halved, checkpointKey },
      change: `microBatchSize ${microBatchSize} → ${halved}: out of memory`,
    };
  }
  const halved = learningRate / 2;
  if (halved < next.askedLearningRate / 2 ** MOST_HALVINGS) return undefined;
  return {
    settings: { learningRate: halved, microBatchSize, checkpointKey: `attempt-${next.number}` },
    change: `learningRate ${learningRate} → ${halved}: the loss diverged`,
  };
}
