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

/** The SQLite file belongs to another process. Nothing was touched. */
export class StoreInUse extends Error {
  override readonly name = "StoreInUse";
  readonly code = "StoreInUse";
  readonly retryable = false;
}

/** The tables are of a version that this program does not know. Nothing was touched. */
export class SchemaMismatch extends Error {
  override readonly name = "SchemaMismatch";
  readonly code = "SchemaMismatch";
  readonly retryable = false;
}
