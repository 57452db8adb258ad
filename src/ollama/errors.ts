/** Why Ollama did not do what it was asked. Stable: status reasons are made from these. */
export type OllamaErrorCode =
  /** No connection, or it broke before the answer was whole. Ollama may be starting, restarting or gone. */
  | "Unreachable"
  /** No whole answer within the time allowed. */
  | "TimedOut"
  /** 404: no such model or blob. */
  | "NotFound"
  /** Another 4xx: asking again gives the same answer. */
  | "Refused"
  /** 503: its queue is full. It works. */
  | "Busy"
  /** Another 5xx: the engine, or Ollama itself, failed. */
  | "Failed"
  /** An answer that is not what this version of Ollama is known to send. */
  | "InvalidAnswer";

export class OllamaError extends Error {
  readonly code: OllamaErrorCode;
  readonly status: number | undefined;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;

  constructor(code: OllamaErrorCode, message: string, status?: number) {
    super(message);
    this.name = "OllamaError";
    this.code = code;
    this.status = status;
    this.retryable = code !== "NotFound" && code !== "Refused" && code !== "InvalidAnswer";
  }
}

export function codeOfStatus(status: number): OllamaErrorCode {
  if (status === 404) return "NotFound";
  if (status === 503) return "Busy";
  return status >= 500 ? "Failed" : "Refused";
}
