import type { Answer, Unanswered } from "./answer.ts";
import { retryAfter } from "./backoff.ts";
import { field } from "./copy.ts";
import { HookError, type HookErrorCode } from "./events.ts";

/** What became of one item. */
export type Outcome =
  | { readonly kind: "stored" }
  /** Trying again later can help. */
  | { readonly kind: "later"; readonly unknownInteraction: boolean }
  | { readonly kind: "refused"; readonly status: number; readonly code: string; readonly message: string };

/** What an answer says of a batch. */
export type Verdict =
  /** Item by item; what is not in it was not answered for. */
  | { readonly kind: "results"; readonly outcomes: ReadonlyMap<string, Outcome> }
  /** Too large, or one in it makes all of it unreadable: smaller batches tell which. */
  | { readonly kind: "split"; readonly status: number }
  /** None was stored for sure. `suspect`: one of the items may be the cause. */
  | {
      readonly kind: "failed";
      readonly error: HookError;
      readonly suspect: boolean;
      readonly retryAfterMs: number | undefined;
    };

const LONGEST_MESSAGE = 300;

export function judge(answer: Answer | Unanswered, now: number): Verdict {
  if ("error" in answer) return { kind: "failed", ...answer, retryAfterMs: undefined };
  const { status } = answer;
  if (status >= 200 && status < 300) {
    const outcomes = results(answer.body);
    return outcomes === undefined
      ? failed("UnexpectedAnswer", `status ${status} without results`, { suspect: true })
      : { kind: "results", outcomes };
  }
  const retryAfterMs = retryAfter(answer.retryAfter, now);
  if (status === 429 || status === 503) return failed("Overloaded", `status ${status}`, { retryAfterMs });
  if (status === 408) return failed("TimedOut", "status 408", { retryAfterMs });
  if (status >= 500) return failed("ServerFailed", `status ${status}`, { suspect: true, retryAfterMs });
  if (status === 401 || status === 403) return failed("Unauthorized", `status ${status}: is the API key right?`);
  if (status < 400 || status === 404 || status === 405)
    return failed("WrongAddress", `status ${status}: is this the learning API's address?`);
  return { kind: "split", status };
}

/** Trouble that only a person ends: the next try can wait. */
export function needsPerson(code: HookErrorCode): boolean {
  return code === "Unauthorized" || code === "WrongAddress" || code === "Misconfigured";
}

function failed(
  code: HookErrorCode,
  message: string,
  { suspect = false, retryAfterMs }: { suspect?: boolean; retryAfterMs?: number | undefined } = {},
): Verdict {
  return { kind: "failed", error: new HookError(code, message), suspect, retryAfterMs };
}

function results(body: string): Map<string, Outcome> | undefined {
  const list = field(parsed(body), "results");
  if (!Array.isArray(list)) return undefined;
  const outcomes = new Map<string, Outcome>();
  for (const result of list) {
    const id = field(result, "id");
    const status = field(result, "status");
    if (typeof id === "string" && typeof status === "number") outcomes.set(id, outcome(status, result));
  }
  return outcomes;
}

function outcome(status: number, result: unknown): Outcome {
  if (status >= 200 && status < 300) return { kind: "stored" };
  const code = field(result, "code");
  const unknownInteraction = code === "UnknownInteraction";
  if (unknownInteraction || status === 429 || status >= 500) return { kind: "later", unknownInteraction };
  const message = field(result, "message");
  return {
    kind: "refused",
    status,
    code: typeof code === "string" ? code.slice(0, 64) : `Status${status}`,
    message: typeof message === "string" ? message.slice(0, LONGEST_MESSAGE) : "",
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
