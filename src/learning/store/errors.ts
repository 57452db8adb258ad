/** The store cannot be asked now; the same call later can succeed. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
  readonly code = "StoreUnavailable";
  readonly retryable = true;
}

/** A cursor that this store did not make. */
export class InvalidCursor extends Error {
  override readonly name = "InvalidCursor";
  readonly code = "InvalidCursor";
  readonly retryable = false;
}
