/** What can go wrong in carrying out a plan, other than what the API server says. Codes are stable: logs and alerts use them. */
export type RuntimeErrorCode =
  /** Not the leader any more: nothing more is written. */
  | "Deposed"
  /** The name is taken by an object that is not ours. */
  | "NameTaken"
  /** The object is on its way out; its place is free once it is gone. */
  | "BeingDeleted"
  /** It changed between being observed and being written. */
  | "Changed"
  /** The plan contradicts itself or the contract: a bug in a controller. */
  | "InvalidPlan"
  /** observe or plan threw: a bug in a controller. */
  | "Panic"
  | "Timeout";

export class RuntimeError extends Error {
  readonly code: RuntimeErrorCode;

  constructor(code: RuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RuntimeError";
    this.code = code;
  }
}

export const hasCode = (error: unknown, ...codes: RuntimeErrorCode[]): boolean =>
  error instanceof RuntimeError && codes.includes(error.code);
