import type { FastifyInstance } from "fastify";
import type { Problem } from "../../api/learning/results.ts";

/** Why a request about reviews was refused, beside what any route answers. Stable: the page decides by it what to say. */
export const REVIEW_PROBLEMS = {
  /** A change asked for by another site, or without the session's token. */
  ForeignRequest: [403, "Only the review page itself may ask for this"],
  /** Somebody else holds it, or it is decided. */
  NotFree: [409, "Somebody else holds it, or it is decided"],
  /** The item is another's or free by now. */
  LeaseLost: [409, "The lease has ended"],
  /** The note could not be redacted within its budget. Nothing was stored. */
  NotRedactable: [422, "The note could not be checked for personal data"],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ReviewProblemCode = keyof typeof REVIEW_PROBLEMS;

/** Ends a request. The detail is in our words: nothing that came in a request may stand in it. */
export class ReviewProblem extends Error {
  override readonly name = "ReviewProblem";
  readonly code: ReviewProblemCode;
  readonly detail: string | undefined;

  constructor(code: ReviewProblemCode, detail?: string) {
    super(detail ?? REVIEW_PROBLEMS[code][1]);
    this.code = code;
    this.detail = detail;
  }
}

/** Answers what is ours, and leaves all else to the learning API. */
export function answerProblems(app: FastifyInstance): void {
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof ReviewProblem)) throw error;
    const { code, detail } = error;
    const [status, title] = REVIEW_PROBLEMS[code];
    const problem: Problem = { status, code, title, ...(detail === undefined ? {} : { detail }) };
    return reply.code(status).type("application/problem+json").serializer(JSON.stringify).send(problem);
  });
}
