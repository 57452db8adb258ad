/** Nothing of the batch was stored, and all of it can be sent again. */
export class IntakeUnavailable extends Error {
  override readonly name = "IntakeUnavailable";
  readonly code = "Unavailable";
  readonly retryable = true;
}
