import { ArtifactError, type ArtifactErrorCode, systemCode } from "./errors.ts";

const BY_NAME: Readonly<Record<string, ArtifactErrorCode>> = {
  AccessDenied: "Unauthorized",
  CredentialsProviderError: "Unauthorized",
  ExpiredToken: "Unauthorized",
  InsufficientStorage: "StorageFull",
  InvalidAccessKeyId: "Unauthorized",
  QuotaExceeded: "StorageFull",
  SignatureDoesNotMatch: "Unauthorized",
  XAdminUserNotFound: "Unauthorized",
  XMinioStorageFull: "StorageFull",
};

const BY_STATUS: Readonly<Record<number, ArtifactErrorCode>> = {
  401: "Unauthorized",
  403: "Unauthorized",
  404: "NotFound",
  408: "Unavailable",
  409: "Unavailable",
  412: "AlreadyExists",
  429: "Unavailable",
  507: "StorageFull",
};

/**
 * AWS answers 403, not 404, for a missing object to someone who may not list the bucket:
 * grant s3:ListBucket, or a missing artifact reads as Unauthorized.
 */
export function s3Error(error: unknown, action: string, uri: string): ArtifactError {
  if (error instanceof ArtifactError) return error;
  const status = statusOf(error);
  const name = error instanceof Error ? error.name : "unknown error";
  const code =
    BY_NAME[name] ?? (status === undefined || status >= 500 ? "Unavailable" : (BY_STATUS[status] ?? "Refused"));
  const detail = status === undefined ? (systemCode(error) ?? name) : `${name} (HTTP ${status})`;
  return new ArtifactError(status === 507 ? "StorageFull" : code, uri, `cannot ${action} ${uri}: ${detail}`);
}

/** S3's own word for the error, e.g. NoSuchUpload. */
export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("$metadata" in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}
