import type { Status } from "./api.ts";
import type { Milliseconds } from "./clock.ts";

/** An API server's refusal, or no answer at all (status 0). Its message names what was tried; it never holds a header or a body sent. */
export class ApiError extends Error {
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** As in Status.reason: NotFound, AlreadyExists, Conflict, Expired, …; `Unreachable` when no answer came. */
  readonly reason: string;
  /** Whether the same request, sent later, may succeed although nobody changed it. */
  readonly retryable: boolean;
  /** How long the server asked us to wait. */
  readonly retryAfter?: Milliseconds;

  constructor(what: { message: string; status: number; reason: string; retryAfter?: Milliseconds; cause?: unknown }) {
    super(what.message, what.cause === undefined ? undefined : { cause: what.cause });
    this.name = "ApiError";
    this.status = what.status;
    this.reason = what.reason;
    this.retryable = what.status === 0 || what.status === 429 || what.status >= 500 || what.reason === "Conflict";
    if (what.retryAfter !== undefined) this.retryAfter = what.retryAfter;
  }
}

/** The error for a refusal. `tried` names verb, resource and object, as in `patch trainingruns team-a/first status`. */
export function refusal(tried: string, httpStatus: number, status: Status, retryAfter?: Milliseconds): ApiError {
  const reason = status.reason || reasonOf(httpStatus);
  const said = status.message ? `: ${status.message}` : "";
  const wait =
    retryAfter ??
    (status.details?.retryAfterSeconds === undefined ? undefined : status.details.retryAfterSeconds * 1000);
  return new ApiError({
    message: `${tried}: ${httpStatus} ${reason}${said}`,
    status: httpStatus,
    reason,
    ...(wait === undefined ? {} : { retryAfter: wait }),
  });
}

/** For answers that come from a proxy rather than an API server, and so bring no Status. */
function reasonOf(httpStatus: number): string {
  const known: Record<number, string> = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    410: "Expired",
    422: "Invalid",
    429: "TooManyRequests",
    503: "ServiceUnavailable",
    504: "Timeout",
  };
  return known[httpStatus] ?? (httpStatus >= 500 ? "InternalError" : "Unknown");
}

export const isNotFound = (error: unknown): boolean => error instanceof ApiError && error.status === 404;

export const isAlreadyExists = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 409 && error.reason === "AlreadyExists";

/** Somebody else wrote first, or the object is not the one meant: read again, decide again. */
export const isConflict = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 409 && error.reason !== "AlreadyExists";

/** The resourceVersion or the continuation is older than what the server remembers: list anew. */
export const isExpired = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 410 || error.reason === "Expired" || error.reason === "Gone");
