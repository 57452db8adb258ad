import { SESSION_LIMITS } from "./session.ts";

/**
 * secure: for every install. loopback: plain http on the own machine, for `dev`; browsers keep no Secure cookie there
 * that all of them would send back.
 */
export type CookieMode = "secure" | "loopback";

/** `__Host-` has the browser itself refuse the cookie without Secure, with a Domain, or from another path. */
export const cookieName = (mode: CookieMode) => (mode === "secure" ? "__Host-qi-session" : "qi-session");

/** `sealed` is of letters, digits, dots, dashes and underscores: it needs no quoting. */
export function sessionCookie(mode: CookieMode, sealed: string): string {
  return setCookie(mode, sealed, SESSION_LIMITS.absoluteMs / 1000);
}

export function endedCookie(mode: CookieMode): string {
  return setCookie(mode, "", 0);
}

/** The sealed session of a request. Undefined without one, and where two came: one of them was planted. */
export function readCookie(mode: CookieMode, header: string | undefined): string | undefined {
  const start = `${cookieName(mode)}=`;
  const found = (header ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(start));
  return found.length === 1 ? found[0]?.slice(start.length) : undefined;
}

function setCookie(mode: CookieMode, value: string, maxAge: number): string {
  const secure = mode === "secure" ? "; Secure" : "";
  return `${cookieName(mode)}=${value}; Max-Age=${maxAge}; Path=/; HttpOnly${secure}; SameSite=Strict`;
}
