import type { FastifyPluginAsync } from "fastify";
import { anyOf, guard } from "../http/auth/guard.ts";
import { acceptJson } from "../http/body.ts";
import type { LearningApiDeps } from "../http/deps.ts";
import { reviewApi } from "./api.ts";
import type { CookieMode } from "./cookie.ts";
import { answerProblems } from "./errors.ts";
import { type LoginDeps, loginRoute, sessionRoutes } from "./login.ts";
import { pageRoutes, readPage, SECURITY_HEADERS } from "./page.ts";
import { reviewQueue } from "./queue.ts";
import { reviewRules } from "./rules.ts";
import { reviewSessions } from "./sessions.ts";

export type { CookieMode } from "./cookie.ts";

export interface ReviewPluginDeps
  extends Pick<LearningApiDeps, "policies" | "filter" | "keys" | "authenticators" | "secret" | "clock" | "random"> {
  readonly store: Pick<LearningApiDeps["store"], "reviews" | "interactions" | "thresholds" | "keys">;
  readonly cookie: CookieMode;
  /** Host and port by which browsers know us, where a proxy in front does not pass the Host header on. */
  readonly publicHost?: string;
}

/** A key, a token, a decision with its note: nothing here is longer. */
const BODY = { requestBytes: 16_384, jsonNodes: 64, jsonDepth: 4 } as const;

/** The review queue's API and its web page, one of the learning API's `plugins`. It brings its own guard. */
export function reviewPlugin(deps: ReviewPluginDeps): FastifyPluginAsync {
  const { store, policies, filter, keys, authenticators = [], secret, clock, random, cookie, publicHost } = deps;
  const rules = reviewRules(policies, store.thresholds);
  const sessions = reviewSessions({ keys: store.keys, clock, random, secret, cookie, publicHost });
  const queue = reviewQueue({ store, rules, filter, now: () => clock.now(), stopwatch: () => clock.elapsed() });
  const login: LoginDeps = { sessions, cookie, keys, rules, clock };

  return async (app) => {
    const files = await readPage();
    answerProblems(app);
    app.addHook("onRequest", async (_request, reply) => {
      reply.headers({ ...SECURITY_HEADERS });
    });
    app.addHook("onRoute", (route) => {
      route.bodyLimit = BODY.requestBytes;
    });
    acceptJson(app, BODY);
    pageRoutes(app, files);
    await app.register(async (scope) => loginRoute(scope, login));
    await app.register(async (scope) => {
      guard(scope, anyOf([keys.authenticate, sessions.authenticate, ...authenticators]));
      sessions.protect(scope);
      sessionRoutes(scope, login);
      reviewApi(scope, { queue, reviews: store.reviews, rules });
    });
  };
}
