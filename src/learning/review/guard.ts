import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Principal } from "../http/principal.ts";
import type { Instant } from "../model.ts";
import type { ApiKey, KeyStore, Role } from "../store/port.ts";
import { type CookieMode, readCookie, sessionCookie } from "./cookie.ts";
import { ReviewProblem } from "./errors.ts";
import { fromOwnPage } from "./origin.ts";
import { SESSION_LIMITS, type Session, type SessionSeal } from "./session.ts";

export const CSRF_HEADER = "x-qi-csrf";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may ask; an admin may everything. */
    readonly reviewRoles?: readonly Role[];
  }
}

export interface GuardOptions {
  readonly seal: SessionSeal;
  readonly cookie: CookieMode;
  readonly publicHost: string | undefined;
  readonly keys: Pick<KeyStore, "find">;
  readonly now: () => Instant;
  /** Whoever comes with an Authorization header. Undefined: not known. */
  readonly authenticate: (request: FastifyRequest) => Promise<Principal | undefined>;
  /** Sessions that somebody logged out of: a copy of the cookie is no longer good for anything here. */
  readonly ended: { has(sessionId: string): boolean };
}

export interface Caller {
  readonly principal: Principal;
  /** Undefined where a key came with the request itself. */
  readonly session: Session | undefined;
}

export const REVIEWERS: readonly Role[] = ["reviewer"];

/**
 * Lets nobody in to a route whose role they lack, and no change in that another site's page asked for. A header with
 * a key is no cookie: no other site can send it, so it needs no token.
 */
export function guard(app: FastifyInstance, options: GuardOptions): (request: FastifyRequest) => Caller {
  const callers = new WeakMap<FastifyRequest, Caller>();
  app.addHook("onRoute", (route) => {
    if (route.config?.reviewRoles === undefined) throw new Error(`${String(route.method)} ${route.url} names no role`);
  });
  app.addHook("onRequest", async (request, reply) => {
    const caller = await callerOf(request, options);
    const roles = request.routeOptions.config.reviewRoles ?? [];
    if (!mayAny(caller.principal, roles)) {
      throw new ReviewProblem("Forbidden", `this needs the role ${roles.join(" or ")}`);
    }
    const { session } = caller;
    if (session !== undefined) {
      if (changes(request.method)) requireOwnPage(request, session, options);
      const now = options.now();
      if (now - session.seenAt > SESSION_LIMITS.refreshMs) {
        reply.header("set-cookie", sessionCookie(options.cookie, options.seal.seal({ ...session, seenAt: now })));
      }
    }
    callers.set(request, caller);
  });
  return (request) => {
    const caller = callers.get(request);
    if (caller === undefined) throw new ReviewProblem("Unauthenticated", "no caller is known");
    return caller;
  };
}

export function mayAny(principal: Principal, roles: readonly Role[]): boolean {
  return principal.roles.some((role) => role === "admin" || roles.includes(role));
}

export function principalOf({ id, tenant, name, roles }: ApiKey): Principal {
  return { id, tenant, name, roles };
}

const changes = (method: string) => method !== "GET" && method !== "HEAD";

function requireOwnPage(request: FastifyRequest, session: Session, { seal, publicHost }: GuardOptions): void {
  const token = request.headers[CSRF_HEADER];
  if (!fromOwnPage(request.headers, publicHost) || !seal.csrfHolds(session, typeof token === "string" ? token : "")) {
    throw new ReviewProblem("ForeignRequest", "only the review page itself may ask for this; reload it");
  }
}

async function callerOf(request: FastifyRequest, options: GuardOptions): Promise<Caller> {
  if (request.headers.authorization !== undefined) {
    const principal = await options.authenticate(request);
    if (principal !== undefined) return { principal, session: undefined };
    throw new ReviewProblem("Unauthenticated", "the key is not valid");
  }
  const sealed = readCookie(options.cookie, request.headers.cookie);
  const session = sealed === undefined ? undefined : options.seal.open(sealed, options.now());
  if (session === undefined || options.ended.has(session.id)) {
    throw new ReviewProblem("Unauthenticated", "log in first");
  }
  const key = await options.keys.find(session.keyId);
  if (key === undefined || key.revokedAt !== undefined) {
    throw new ReviewProblem("Unauthenticated", "the key of this session was revoked");
  }
  return { principal: principalOf(key), session };
}
