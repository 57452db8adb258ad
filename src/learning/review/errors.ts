/** Why a request about reviews was refused. Stable: the page decides by it what to say and whether to try again. */
export const REVIEW_PROBLEMS = {
  /** The request does not fit the schema; the detail names the field, never its value. */
  Invalid: 400,
  /** A cursor of another list. */
  InvalidCursor: 400,
  /** No key, no session, or one that has ended. */
  Unauthenticated: 401,
  /** The key may not do this. */
  Forbidden: 403,
  /** A change asked for by another site, or without the session's token. */
  ForeignRequest: 403,
  /** No such review, or not of this tenant. */
  NotFound: 404,
  /** Somebody else holds it, or it is decided. */
  NotFree: 409,
  /** The lease ended, and the item is another's or free by now. */
  LeaseLost: 409,
  /** The note could not be redacted within its budget. Nothing was stored. */
  NotRedactable: 422,
  /** Too many log-ins from this address. */
  RateLimited: 429,
  /** The store cannot be asked now. Try again. */
  Unavailable: 503,
} as const;

export type ReviewProblemCode = keyof typeof REVIEW_PROBLEMS;

/** A refusal with its answer. Messages are our own words, never those of a request. */
export class ReviewProblem extends Error {
  override readonly name = "ReviewProblem";
  readonly code: ReviewProblemCode;
  readonly status: number;

  constructor(code: ReviewProblemCode, message: string) {
    super(message);
    this.code = code;
    this.status = REVIEW_PROBLEMS[code];
  }
}
