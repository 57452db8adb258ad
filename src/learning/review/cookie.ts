import { fastifyCookie } from "@fastify/cookie";
import { SESSION_LIMITS } from "./session.ts";

/**
 * secure: for every install. loopback: plain http on the own machine, for `dev`; browsers keep no Secure cookie there
 * that all of them would send back.
 */
export type CookieMode = "secure" | "loopback";

/** `__Host-` has the browser itself refuse the cookie without Secure, with a Domain, or from another path. */
export const cookieName = (mode: CookieMode) => (mode === "secure" ? "__Host-qi-session" : "qi-session");

export function sessionCookie(mode: CookieMode, sealed: string): string {
  return serialize(mode, sealed, SESSION_LIMITS.absoluteMs / 1000);
}

export function endedCookie(mode: CookieMode): string {
  return serialize(mode, "", 0);
}

/** The sealed session of a request. Undefined without one, and where two came: one of them was planted. */
export function readCookie(mode: CookieMode, header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const name = cookieName(mode);
  const count = header.split(";").filter((pair) => pair.trimStart().startsWith(`${name}=`)).length;
  return count === 1 ? fastifyCookie.parse(header)[name] : undefined;
}

function serialize(mode: CookieMode, value: string, maxAge: number): string {
  return fastifyCookie.serialize(cookieName(mode), value, {
    httpOnly: true,
    secure: mode === "secure",
    sameSite: "strict",
    path: "/",
    maxAge,
  });
}
