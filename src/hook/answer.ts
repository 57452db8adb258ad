import type { HookError } from "./events.ts";

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

export interface Unanswered {
  readonly error: HookError;
  /** The request had reached the server: something in it may be the cause. */
  readonly suspect: boolean;
}
