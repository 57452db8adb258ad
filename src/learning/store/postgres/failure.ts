import { DatabaseError } from "pg";

/** What Postgres, or the way to it, answered instead of rows. The server's details are left out: they may repeat values. */
export class PostgresFailure extends Error {
  override readonly name = "PostgresFailure";
  /** SQLSTATE, or the code of the socket's error. */
  readonly code: string;
  /** again: the same call may succeed at once; later: not before something changed; never: the call is wrong. */
  readonly retry: "again" | "later" | "never";
  /** The connection it came by is of no more use. */
  readonly broken: boolean;

  constructor(code: string, message: string, retry: "again" | "later" | "never", broken: boolean) {
    super(`Postgres: ${message} (${code})`);
    this.code = code;
    this.retry = retry;
    this.broken = broken;
  }
}

/** A row belongs to a day that has no partition yet. */
export function lacksPartition(error: unknown): boolean {
  return (
    error instanceof PostgresFailure && error.code === "23514" && error.message.includes("no partition of relation")
  );
}

/** The server we are connected to takes no more writes: another is the primary now. */
export const READ_ONLY = "25006";

const AGAIN = new Set([
  "40001", // serialization failure
  "40P01", // deadlock
  "55P03", // lock not available
  "57P01", // admin shutdown
  "57P02", // crash shutdown
  "57P03", // cannot connect now
  "25P03", // idle in transaction
  "53300", // too many connections
  READ_ONLY,
]);
const LATER = new Set([
  "57014", // statement timeout
  "53000",
  "53100", // disk full
  "53200", // out of memory
  "58030", // I/O error
]);
const BREAKS = new Set(["57P01", "57P02", "57P03", "25P03", READ_ONLY]);

export function failureOf(error: unknown): PostgresFailure {
  if (error instanceof PostgresFailure) return error;
  if (error instanceof DatabaseError && error.code !== undefined) {
    const { code, message } = error;
    const connection = code.startsWith("08");
    const again = connection || AGAIN.has(code);
    return new PostgresFailure(
      code,
      message,
      again ? "again" : LATER.has(code) ? "later" : "never",
      connection || BREAKS.has(code),
    );
  }
  // Refused, reset, timed out: whatever is not the server's own answer is the way to it.
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "connection";
  return new PostgresFailure(code, error instanceof Error ? error.message : String(error), "again", true);
}
