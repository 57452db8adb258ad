/** Why no dataset was made. Stable: clients, conditions and metrics are made from these. */
export type RefusalCode =
  /** Less is left than the policy's `minExamples`. */
  | "TooFewExamples"
  /** There would be enough, but `maxSharePerContributor` leaves less than `minExamples`. */
  | "ContributorsTooUneven"
  /** A split that was asked for got nothing: all that is left belongs together. */
  | "SplitEmpty"
  /** So much belongs together that training would get less than half of the share asked for. */
  | "SplitTooUneven"
  /** A line of an evaluation set is not JSON. */
  | "EvaluationSetInvalid";

/** A dataset that must not be trained on, or cannot be made. Trying again with the same input ends the same. */
export class DatasetRefused extends Error {
  override readonly name = "DatasetRefused";
  readonly retryable = false;
  readonly code: RefusalCode;
  /** What it was decided by. */
  readonly figures: Readonly<Record<string, number>>;

  constructor(code: RefusalCode, message: string, figures: Readonly<Record<string, number>> = {}) {
    super(message);
    this.code = code;
    this.figures = figures;
  }
}
