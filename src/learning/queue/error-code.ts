/** Codes and names are words of programmers; a message may repeat what a user wrote. */
const CODE = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

/** What may be said of any error, in logs and in reasons: its code, else its name, never its message. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return "Unknown";
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return CODE.test(code) ? code : "Unknown";
}
