import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Clock } from "../../kube/clock.ts";
import type { RandomBytes } from "../http/auth/api-key.ts";
import type { Authenticator, Principal } from "../http/principal.ts";
import type { ApiKey, KeyStore } from "../store/port.ts";
import { type CookieMode, endedCookie, readCookie, sessionCookie } from "./cookie.ts";
import { endedSessions } from "./ended.ts";
import { ReviewProblem } from "./errors.ts";
import { fromOwnPage } from "./origin.ts";
import { SESSION_LIMITS, type Session, sessionSeal } from "./session.ts";

export const CSRF_HEADER = "x-qi-csrf";

export interface SessionsDeps {
  readonly keys: Pick<KeyStore, "find">;
  readonly clock: Pick<Clock, "now">;
  readonly random: RandomBytes;
  /** At least 32 bytes, the same in every replica. */
  readonly secret: Uint8Array;
  readonly cookie: CookieMode;
  /** Host and port by which browsers know us, where a proxy in front does not pass the Host header on. */
  readonly publicHost: string | undefined;
}

export interface Sessions {
  /** Proves who asks by the cookie; the key behind it is looked up each time, so that revoking it ends the session. */
  readonly authenticate: Authenticator;
  /** Refuses changes that another site asks for, and keeps a session that is in use alive. After the guard. */
  protect(app: FastifyInstance): void;
  /** Throws ForeignRequest: else another site could log a reviewer in under its own key, and read what is decided. */
  requireOwnPage(request: FastifyRequest): void;
  /** A new session, and the cookie that carries it. */
  start(key: ApiKey): { readonly session: Session; readonly cookie: string };
  /** Ends the request's session here, and answers the cookie that ends it in the browser. */
  end(request: FastifyRequest): string;
  of(request: FastifyRequest): Session | undefined;
  csrf(session: Session): string;
}

export function reviewSessions({ keys, clock, random, secret, cookie, publicHost }: SessionsDeps): Sessions {
  const seal = sessionSeal(secret, random);
  const ended = endedSessions(() => clock.now());
  const sessions = new WeakMap<FastifyRequest, Session>();

  const requireOwnPage = (request: FastifyRequest) => {
    if (!fromOwnPage(request.headers, publicHost)) throw new ReviewProblem("ForeignRequest");
  };
  const refreshed = (session: Session) => {
    const now = clock.now();
    if (now - session.seenAt <= SESSION_LIMITS.refreshMs) return undefined;
    return sessionCookie(cookie, seal.seal({ ...session, seenAt: now }));
  };

  return {
    requireOwnPage,
    of: (request) => sessions.get(request),
    csrf: (session) => seal.csrf(session),
    async authenticate(request) {
      const sealed = readCookie(cookie, request.headers.cookie);
      const session = sealed === undefined ? undefined : seal.open(sealed, clock.now());
      if (session === undefined || ended.has(session.id)) return undefined;
      const key = await keys.find(session.keyId);
      if (key === undefined || key.revokedAt !== undefined) return undefined;
      sessions.set(request, session);
      return principalOf(key);
    },
    protect(app) {
      app.addHook("onRequest", async (request, reply) => {
        const session = sessions.get(request);
        // A key in a header is no cookie: no other site can have a browser send it.
        if (session === undefined) return;
        if (request.method !== "GET") {
          requireOwnPage(request);
          const token = request.headers[CSRF_HEADER];
          if (!seal.csrfHolds(session, typeof token === "string" ? token : undefined)) {
            throw new ReviewProblem("ForeignRequest", "the session's token is missing; reload the page");
          }
        }
        const renewed = refreshed(session);
        if (renewed !== undefined) reply.header("set-cookie", renewed);
      });
    },
    start(key) {
      const now = clock.now();
      const id = Buffer.from(random(16)).toString("base64url");
      const session = { id, keyId: key.id, startedAt: now, seenAt: now };
      return { session, cookie: sessionCookie(cookie, seal.seal(session)) };
    },
    end(request) {
      const session = sessions.get(request);
      if (session !== undefined) ended.add(session.id, session.startedAt);
      return endedCookie(cookie);
    },
  };
}

export const principalOf = ({ id, tenant, name, roles }: ApiKey): Principal => ({ id, tenant, name, roles });
