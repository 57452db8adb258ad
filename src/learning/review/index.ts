import { randomBytes } from "node:crypto";
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import type { Logger } from "pino";
import type { Principal } from "../http/principal.ts";
import type { Instant } from "../model.ts";
import type { PrivacyFilter } from "../privacy/port.ts";
import type { ApiKey, PolicyStore, Store } from "../store/port.ts";
import { reviewApi } from "./api.ts";
import type { Calibrate } from "./calibration.ts";
import type { CookieMode } from "./cookie.ts";
import { endedSessions } from "./ended.ts";
import { guard } from "./guard.ts";
import { type LoginOptions, loginRoute, sessionRoutes } from "./login.ts";
import { pageRoutes, readPage, SECURITY_HEADERS } from "./page.ts";
import { answerProblems } from "./problems.ts";
import { reviewQueue } from "./queue.ts";
import { reviewRules } from "./rules.ts";
import { sessionSeal } from "./session.ts";

export type { Calibrate } from "./calibration.ts";
export type { CookieMode } from "./cookie.ts";

export interface ReviewRoutesOptions {
  readonly store: Pick<Store, "reviews" | "interactions" | "thresholds" | "keys">;
  readonly policies: Pick<PolicyStore, "current">;
  /** Redacts notes. */
  readonly filter: PrivacyFilter;
  readonly calibrate: Calibrate;
  /** Who comes with an Authorization header; undefined: not known. */
  readonly authenticate: (request: FastifyRequest) => Promise<Principal | undefined>;
  /** The key that this text is, unless it is unknown or revoked. */
  readonly verifyKey: (key: string) => Promise<ApiKey | undefined>;
  /** At least 32 random bytes, the same in every replica. Another secret logs everybody out. */
  readonly secret: Uint8Array;
  readonly cookie: CookieMode;
  /** Host and port by which browsers know us, where a proxy in front does not pass the Host header on. */
  readonly publicHost?: string;
  readonly now: () => Instant;
  readonly random?: (bytes: number) => Uint8Array;
  readonly log: Logger;
}

/** The review queue's API and its web page, as one plugin of the learning API. */
export const reviewRoutes: FastifyPluginAsync<ReviewRoutesOptions> = async (app, options) => {
  const { store, policies, filter, now, log, cookie, publicHost, random = randomBytes } = options;
  const rules = reviewRules(policies, store.thresholds);
  const seal = sessionSeal(options.secret, random);
  const ended = endedSessions(now);
  const login: LoginOptions = {
    seal,
    cookie,
    publicHost,
    ended,
    now,
    random,
    verifyKey: options.verifyKey,
    rules,
  };
  const queue = reviewQueue({ store, rules, filter, now, stopwatch: () => performance.now() });
  const files = await readPage();

  prepare(app, log);
  pageRoutes(app, files);
  await app.register((scope) => loginRoute(scope, login));
  await app.register(async (scope) => {
    const caller = guard(scope, {
      seal,
      cookie,
      publicHost,
      keys: store.keys,
      now,
      authenticate: options.authenticate,
      ended,
    });
    sessionRoutes(scope, login, caller);
    reviewApi(scope, { queue, reviews: store.reviews, calibrate: options.calibrate, caller });
  });
};

/** Headers that every answer of ours bears: what is private is kept by no cache. */
function prepare(app: FastifyInstance, log: Logger): void {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerProblems(app, log);
  app.addHook("onRequest", async (_request, reply) => {
    reply.headers({ ...SECURITY_HEADERS, "cache-control": "no-store" });
  });
}
