/** Why an artifact could not be read or written. Stable: status reasons and metrics are made from these. */
export type ArtifactErrorCode =
  /** No such object, or no such bucket. */
  | "NotFound"
  /** A create-only write found something under that name. */
  | "AlreadyExists"
  /** The bytes are not the ones that the digest names. Nothing of them was kept. */
  | "DigestMismatch"
  /** Could not be reached, answered 5xx or stopped sending, also after the bounded retries. */
  | "Unavailable"
  /** The store does not accept our credentials, or we have none. */
  | "Unauthorized"
  /** No room left, here or in the store. */
  | "StorageFull"
  /** The store refuses the request itself: trying it again gives the same answer. */
  | "Refused"
  /** Not a URI of this store. */
  | "InvalidUri";

const RETRYABLE: ReadonlySet<ArtifactErrorCode> = new Set(["Unavailable", "Unauthorized", "StorageFull"]);

/**
 * Messages are made of the operation, the URI and the store's error code, never of the store's own text:
 * that may repeat a key id or a signed URL. For the same reason the cause is not attached.
 */
export class ArtifactError extends Error {
  readonly code: ArtifactErrorCode;
  readonly uri: string;
  /** Whether the same call may succeed later without anyone changing the arguments. */
  readonly retryable: boolean;

  constructor(code: ArtifactErrorCode, uri: string, message: string) {
    super(message);
    this.name = "ArtifactError";
    this.code = code;
    this.uri = uri;
    this.retryable = RETRYABLE.has(code);
  }
}

/** The `code` of a system error (`ENOENT`, `ECONNREFUSED`, …), if it has one. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Translates an error of the local disk. */
export function diskError(error: unknown, action: string, uri: string): unknown {
  const code = systemCode(error);
  if (error instanceof ArtifactError || code === undefined) return error;
  const message = `cannot ${action} ${uri}: ${code}`;
  if (code === "ENOSPC" || code === "EDQUOT") return new ArtifactError("StorageFull", uri, `${message}: no room left`);
  if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") return new ArtifactError("NotFound", uri, message);
  if (code === "EEXIST") return new ArtifactError("AlreadyExists", uri, message);
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") return new ArtifactError("Unauthorized", uri, message);
  return new ArtifactError("Unavailable", uri, message);
}
