import type { Problem } from "../../api/learning/results.ts";

/** Why a whole request was refused. Stable: clients decide by it what to do. Items have codes of their own (`REFUSALS`). */
export const PROBLEMS = {
  /** The request does not fit the schema; the detail names the field, never its value. */
  Invalid: [400, "The request does not fit the schema"],
  /** A cursor of another list, or of none of ours. */
  InvalidCursor: [400, "The cursor is not one of this list"],
  /** No credential, or one that does not hold. */
  Unauthenticated: [401, "Who asks could not be proven"],
  Forbidden: [403, "This is not yours to do"],
  NotFound: [404, "There is no such thing"],
  /** The request did not come in whole in time. */
  Timeout: [408, "The request took too long to arrive"],
  /** It is there already, and different. */
  Conflict: [409, "It is there already, and different"],
  /** A newer one is in force. */
  Stale: [409, "A newer one is in force"],
  TooLarge: [413, "The request is too large"],
  UnsupportedMediaType: [415, "The body's type or encoding is not supported"],
  /** Too much by this key. Retry-After says when to try again. */
  RateLimited: [429, "Too much at once"],
  /** Ours. The log has more. */
  Internal: [500, "Something went wrong here"],
  /** A store is down, no policy has arrived yet, or load is shed. Nothing was stored; try again after Retry-After. */
  Unavailable: [503, "Not now"],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemCode = keyof typeof PROBLEMS;

/** Ends a request with a problem. The detail is in our words: nothing that came in a request may stand in it. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly code: ProblemCode;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ProblemCode, detail?: string, retryAfterSeconds?: number) {
    super(detail ?? PROBLEMS[code][1]);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** After which a client may try again where nothing better is known. */
const RETRY_AFTER_SECONDS = 5;

/** Errors of fastify's and node's, by their codes. All others are ours, and say nothing outside. */
const FOREIGN: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "TooLarge",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "UnsupportedMediaType",
  FST_ERR_CTP_EMPTY_JSON_BODY: "Invalid",
  FST_ERR_CTP_INVALID_JSON_BODY: "Invalid",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "Invalid",
  FST_ERR_BAD_URL: "Invalid",
  FST_ERR_MAX_LIMIT: "Invalid",
  ECONNRESET: "Invalid",
  StoreUnavailable: "Unavailable",
  Unavailable: "Unavailable",
  InvalidCursor: "InvalidCursor",
};

/** What an error is to the one who asked. */
export function problemOf(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  const code = FOREIGN[codeOf(error)] ?? "Internal";
  return new ApiProblem(code, undefined, code === "Unavailable" ? RETRY_AFTER_SECONDS : undefined);
}

export function problemBody({ code, message }: ApiProblem): Problem {
  const [status, title] = PROBLEMS[code];
  return { status, code, title, ...(message !== title && { detail: message }) };
}

/** What may be logged of an error: its message may have been made beside a user's text, so it is left out. */
export function traceOf(error: unknown): object {
  if (!(error instanceof Error)) return { error: typeof error };
  const at = error.stack
    ?.split("\n")
    .filter((line) => line.startsWith("    at "))
    .slice(0, 8);
  return { error: error.name, code: codeOf(error), at };
}

function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}
