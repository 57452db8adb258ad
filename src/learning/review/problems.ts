import type { FastifyInstance } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import type { Logger } from "pino";
import type { Problem } from "../../api/learning/results.ts";
import { InvalidCursor, StoreUnavailable } from "../store/errors.ts";
import { REVIEW_PROBLEMS, ReviewProblem } from "./errors.ts";

const RETRY_AFTER_SECONDS = 5;

/** Answers every failure as a problem with a stable code, and says nothing of what was sent. */
export function answerProblems(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error);
    if (problem.status >= 500) {
      const name = error instanceof Error ? error.name : "unknown";
      log.error({ error: name, route: request.routeOptions.url, status: problem.status }, "a review request failed");
    }
    if (problem.status === 503) reply.header("retry-after", String(RETRY_AFTER_SECONDS));
    return reply.code(problem.status).type("application/problem+json").send(JSON.stringify(problem));
  });
}

function problemOf(error: unknown): Problem {
  if (error instanceof ReviewProblem) return problem(error.code, error.message);
  if (error instanceof InvalidCursor) return problem("InvalidCursor", "the cursor is not one of this list");
  if (error instanceof StoreUnavailable) return problem("Unavailable", "the store cannot be asked now; try again");
  if (hasZodFastifySchemaValidationErrors(error)) {
    const fields = error.validation.map(({ instancePath }) => instancePath || "/").join(", ");
    return problem("Invalid", `${error.validationContext ?? "request"} ${fields} does not fit the schema`);
  }
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  if (status === 429) return problem("RateLimited", "too many log-ins from here; wait a minute");
  if (typeof status === "number" && status >= 400 && status < 500) {
    return { status, code: "Invalid", title: "the request cannot be read" };
  }
  return { status: 500, code: "Failed", title: "something went wrong here; it was logged" };
}

function problem(code: keyof typeof REVIEW_PROBLEMS, title: string): Problem {
  return { status: REVIEW_PROBLEMS[code], code, title };
}
