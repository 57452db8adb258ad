import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { loginRequest, type ReviewSession, reviewSession } from "../../api/learning/reviews.ts";
import type { Instant } from "../model.ts";
import type { ApiKey, Role } from "../store/port.ts";
import { type CookieMode, endedCookie, sessionCookie } from "./cookie.ts";
import type { endedSessions } from "./ended.ts";
import { ReviewProblem } from "./errors.ts";
import { type Caller, mayAny, principalOf } from "./guard.ts";
import { fromOwnPage } from "./origin.ts";
import type { ReviewRules } from "./rules.ts";
import { SESSION_LIMITS, type Session, type SessionSeal } from "./session.ts";

/** From one address in a minute. A key cannot be guessed; this keeps the noise down. */
const LOGINS_A_MINUTE = 20;
const PAGE = "/review";
export const PAGE_ROLES: readonly Role[] = ["reviewer", "analyst"];

export interface LoginOptions {
  readonly seal: SessionSeal;
  readonly cookie: CookieMode;
  readonly publicHost: string | undefined;
  readonly ended: ReturnType<typeof endedSessions>;
  readonly now: () => Instant;
  readonly random: (bytes: number) => Uint8Array;
  /** The key that this text is, unless it is unknown or revoked. */
  readonly verifyKey: (key: string) => Promise<ApiKey | undefined>;
  readonly rules: Pick<ReviewRules, "names">;
}

/** `POST /review/login`: a key in the body, of JSON or a form, becomes a session in a cookie. */
export async function loginRoute(instance: FastifyInstance, options: LoginOptions): Promise<void> {
  await instance.register(rateLimit, { max: LOGINS_A_MINUTE, timeWindow: 60_000 });
  acceptForms(instance);
  instance
    .withTypeProvider<ZodTypeProvider>()
    .post(`${PAGE}/login`, { schema: { hide: true, body: loginRequest } }, async (request, reply) => {
      // Else another site could log a reviewer in under its own key, and read what is decided there.
      if (!fromOwnPage(request.headers, options.publicHost)) {
        throw new ReviewProblem("ForeignRequest", "log in from the review page itself");
      }
      if (options.cookie === "loopback" && !isLoopback(request.ip)) {
        throw new ReviewProblem("Forbidden", "without TLS, only this machine itself may log in");
      }
      const key = await options.verifyKey(request.body.key);
      if (key === undefined) throw new ReviewProblem("Unauthenticated", "this key is not valid");
      if (!mayAny(principalOf(key), PAGE_ROLES)) {
        throw new ReviewProblem("Forbidden", `this key has none of the roles ${PAGE_ROLES.join(", ")}`);
      }
      const now = options.now();
      const id = Buffer.from(options.random(16)).toString("base64url");
      const session: Session = { id, keyId: key.id, startedAt: now, seenAt: now };
      reply.header("set-cookie", sessionCookie(options.cookie, options.seal.seal(session)));
      if (isForm(request)) return reply.redirect(PAGE, 303);
      return reply.send(await sessionView({ principal: principalOf(key), session }, options));
    });
}

/** `GET /review/session` tells a page that was loaded anew who it works for; `POST /review/logout` ends it. */
export function sessionRoutes(
  instance: FastifyInstance,
  options: LoginOptions,
  caller: (request: FastifyRequest) => Caller,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const config = { reviewRoles: PAGE_ROLES };
  app.get(`${PAGE}/session`, { config, schema: { hide: true, response: { 200: reviewSession } } }, (request) =>
    sessionView(caller(request), options),
  );
  app.post(`${PAGE}/logout`, { config, schema: { hide: true } }, async (request, reply: FastifyReply) => {
    const { session } = caller(request);
    if (session !== undefined) options.ended.add(session.id, session.startedAt);
    return reply.header("set-cookie", endedCookie(options.cookie)).code(204).send();
  });
}

async function sessionView({ principal, session }: Caller, { seal, rules }: LoginOptions): Promise<ReviewSession> {
  if (session === undefined) throw new ReviewProblem("Unauthenticated", "a key is no session; log in first");
  return {
    user: { id: principal.id, name: principal.name, roles: [...principal.roles] },
    csrf: seal.csrf(session),
    policies: [...(await rules.names())],
    idleSeconds: SESSION_LIMITS.idleMs / 1000,
  };
}

const FORM = "application/x-www-form-urlencoded";
const isForm = (request: FastifyRequest) => request.headers["content-type"]?.startsWith(FORM) === true;

/** For the page's form before, or without, its script. */
function acceptForms(app: FastifyInstance): void {
  app.addContentTypeParser(FORM, { parseAs: "string", bodyLimit: 4096 }, (_request, body, parsed) => {
    parsed(null, Object.fromEntries(new URLSearchParams(String(body))));
  });
}

function isLoopback(address: string): boolean {
  return address === "::1" || /^(::ffff:)?127\./.test(address);
}
