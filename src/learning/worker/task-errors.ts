import type { Milliseconds } from "../../kube/clock.ts";

/**
 * What a handler throws to say why a task cannot be done, in words for whoever asked for it. They are stored and shown:
 * no text of a user may be in them. Of every other error only the code is kept.
 */
export class TaskFailed extends Error {
  override readonly name = "TaskFailed";
  readonly code: string;
  readonly retryable: boolean;

  constructor(code: string, message: string, { retryable = false }: { readonly retryable?: boolean } = {}) {
    super(message);
    this.code = code;
    this.retryable = retryable;
  }
}

/**
 * What a handler throws where the time for its task has not come. It waits for `forMs`, others go before it, and this
 * beginning does not count. Its words are shown as those of TaskFailed are.
 */
export class TaskPostponed extends Error {
  override readonly name = "TaskPostponed";
  readonly code: string;
  readonly forMs: Milliseconds;

  constructor(code: string, message: string, forMs: Milliseconds) {
    super(message);
    this.code = code;
    this.forMs = forMs;
  }
}

/** The task is another worker's by now, or may be: stop, and keep nothing. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
  readonly code = "LeaseLost";
}

/** This process ends: the task waits for another. */
export class Stopping extends Error {
  override readonly name = "Stopping";
  readonly code = "Stopping";
}
