import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { loginRequest, type ReviewSession } from "../../api/learning/reviews.ts";
import type { Clock } from "../../kube/clock.ts";
import type { ApiKeys } from "../http/auth/api-keys.ts";
import { ApiProblem } from "../http/errors.ts";
import type { Access, Principal } from "../http/principal.ts";
import { principalOf as askedBy } from "../http/routes/asked.ts";
import { TokenBuckets } from "../http/token-bucket.ts";
import type { Role } from "../store/port.ts";
import type { CookieMode } from "./cookie.ts";
import type { ReviewRules } from "./rules.ts";
import { SESSION_LIMITS, type Session } from "./session.ts";
import { principalOf, type Sessions } from "./sessions.ts";

/** From one address. A key cannot be guessed; this keeps the noise down. */
const LOGIN_RATE = { perSecond: 0.2, burst: 20 } as const;
const PAGE = "/review";
const PAGE_ROLES: readonly Role[] = ["reviewer", "analyst", "admin"];

export interface LoginDeps {
  readonly sessions: Sessions;
  readonly cookie: CookieMode;
  readonly keys: Pick<ApiKeys, "verify">;
  readonly rules: Pick<ReviewRules, "names">;
  readonly clock: Pick<Clock, "elapsed">;
}

/** `POST /review/login`: a key in the body, of JSON or a form, becomes a session in a cookie. */
export function loginRoute(instance: FastifyInstance, { sessions, cookie, keys, rules, clock }: LoginDeps): void {
  const rate = new TokenBuckets(LOGIN_RATE.perSecond, LOGIN_RATE.burst, clock);
  acceptForms(instance);
  instance.addHook("onRequest", async (request) => {
    const wait = rate.take(request.ip, 1);
    if (wait > 0) throw new ApiProblem("RateLimited", "too many log-ins from this address", wait);
    sessions.requireOwnPage(request);
    if (cookie === "loopback" && !isLoopback(request.ip)) {
      throw new ApiProblem("Forbidden", "without TLS, only this machine itself may log in");
    }
  });
  instance
    .withTypeProvider<ZodTypeProvider>()
    .post(
      `${PAGE}/login`,
      { config: { access: "public" }, schema: { hide: true, body: loginRequest } },
      async (request, reply) => {
        const key = await keys.verify(request.body.key, request.ip);
        if (key === undefined) throw new ApiProblem("Unauthenticated", "this key is not valid");
        if (!key.roles.some((role) => PAGE_ROLES.includes(role))) {
          throw new ApiProblem("Forbidden", `this key has none of the roles ${PAGE_ROLES.join(", ")}`);
        }
        const { session, cookie: carrier } = sessions.start(key);
        reply.header("set-cookie", carrier);
        return isForm(request) ? reply.redirect(PAGE, 303) : view(principalOf(key), session, sessions, rules);
      },
    );
}

/** `GET /review/session` tells a page that was loaded anew who it works for; `POST /review/logout` ends it. */
export function sessionRoutes(app: FastifyInstance, { sessions, rules }: LoginDeps): void {
  const access: Access = PAGE_ROLES;
  app.get(`${PAGE}/session`, { config: { access }, schema: { hide: true } }, async (request) => {
    const session = sessions.of(request);
    if (session === undefined) throw new ApiProblem("Unauthenticated", "log in first");
    return view(askedBy(request), session, sessions, rules);
  });
  app.post(`${PAGE}/logout`, { config: { access }, schema: { hide: true } }, async (request, reply) =>
    reply.header("set-cookie", sessions.end(request)).code(204).send(),
  );
}

function view(
  { id, name, roles, tenant }: Principal,
  session: Session,
  sessions: Sessions,
  rules: LoginDeps["rules"],
): ReviewSession {
  return {
    user: { id, name, roles: [...roles] },
    csrf: sessions.csrf(session),
    policies: rules.names(tenant),
    idleSeconds: SESSION_LIMITS.idleMs / 1000,
  };
}

const FORM = "application/x-www-form-urlencoded";
const isForm = (request: FastifyRequest) => request.headers["content-type"]?.startsWith(FORM) === true;

/** For the page's form before, or without, its script. */
function acceptForms(app: FastifyInstance): void {
  app.addContentTypeParser(FORM, { parseAs: "string" }, (_request, body, parsed) => {
    parsed(null, Object.fromEntries(new URLSearchParams(String(body))));
  });
}

function isLoopback(address: string): boolean {
  return address === "::1" || /^(::ffff:)?127\./.test(address);
}
