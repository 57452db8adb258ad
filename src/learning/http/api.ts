import Fastify, { type FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { createIntake } from "../intake/intake.ts";
import { keyedHasher } from "../intake/keyed-hash.ts";
import { anyOf, guard } from "./auth/guard.ts";
import { acceptJson } from "./body.ts";
import { ByteBudget } from "./byte-budget.ts";
import type { LearningApiDeps, RouteDeps } from "./deps.ts";
import { ApiProblem, PROBLEMS, problemBody, problemOf, traceOf } from "./errors.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { type ApiMetrics, apiMetrics } from "./metrics.ts";
import { describeRoutes, PROBLEM_TYPE } from "./openapi.ts";
import { limitRequests, shedUnderPressure } from "./overload.ts";
import { addRoutes } from "./routes/index.ts";
import { TokenBuckets } from "./token-bucket.ts";
import { serialize, validate } from "./validation.ts";

/** The learning API, ready to listen. Closing it answers what is under way first. */
export async function createLearningApi(deps: LearningApiDeps): Promise<FastifyInstance> {
  const { store, queue, filter, policies, keys, clock, log } = deps;
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  const budget = new ByteBudget(limits.bytesInFlight);
  const hash = keyedHasher(deps.secret);

  const app = Fastify({
    logger: false,
    bodyLimit: limits.requestBytes,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    connectionTimeout: limits.requestTimeoutMs * 2,
    // Routes say what they are; HEAD of a query would only cost what GET does.
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 1024 },
    frameworkErrors: (error, _request, reply) => {
      const problem = problemBody(problemOf(error));
      reply.hijack();
      reply.raw.writeHead(problem.status, { "content-type": PROBLEM_TYPE }).end(JSON.stringify(problem));
    },
  }).withTypeProvider<ZodTypeProvider>();
  const metrics = apiMetrics(
    { bytesInFlight: () => budget.used, eventLoopDelay: () => app.memoryUsage().eventLoopDelay },
    deps.registry,
  );

  app.decorateRequest("principal", undefined);
  app.setValidatorCompiler(validate);
  app.setSerializerCompiler(serialize);
  answerErrors(app, deps);
  observe(app, deps, metrics);
  await shedUnderPressure(app, limits, metrics);
  await describeRoutes(app, deps.version);

  const intake = createIntake({
    interactions: store.interactions,
    queue,
    filter,
    policies,
    hash,
    clock,
    log,
    meter: metrics.meter,
  });
  const itemRate = new TokenBuckets(limits.itemsPerSecond, limits.itemBurst, clock);
  const routes: RouteDeps = { ...deps, intake, hash, limits, metrics, itemRate };
  await app.register(async (scope) => {
    guard(scope, anyOf([keys.authenticate, ...(deps.authenticators ?? [])]));
    limitRequests(scope, limits, budget, clock, metrics);
    acceptJson(scope, limits);
    addRoutes(scope.withTypeProvider<ZodTypeProvider>(), routes);
  });
  for (const plugin of deps.plugins ?? []) await app.register(plugin);
  return app;
}

/** Problems as RFC 9457 has them. What we did not foresee says nothing outside, and its message is not logged either. */
function answerErrors(app: FastifyInstance, { log }: LearningApiDeps): void {
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error);
    if (problem.code === "Internal") {
      log.error({ route: routeOf(request.routeOptions.url), ...traceOf(error) }, "a request failed");
    }
    if (problem.retryAfterSeconds !== undefined) reply.header("retry-after", problem.retryAfterSeconds);
    const [status] = PROBLEMS[problem.code];
    return reply.code(status).type(PROBLEM_TYPE).serializer(JSON.stringify).send(problemBody(problem));
  });
  app.setNotFoundHandler(() => {
    throw new ApiProblem("NotFound", "no such route");
  });
}

/** Every answer's time, code and who asked; never its URL, whose query may say more. */
function observe(app: FastifyInstance, { log }: LearningApiDeps, metrics: ApiMetrics): void {
  app.addHook("onRequest", async (_request, reply) => {
    reply.headers({ "x-content-type-options": "nosniff", "cache-control": "no-store" });
  });
  app.addHook("onResponse", async (request, reply) => {
    const route = `${request.method} ${routeOf(request.routeOptions.url)}`;
    const code = String(reply.statusCode);
    metrics.duration.observe({ route, code }, reply.elapsedTime / 1000);
    log.debug({ route, code, ms: Math.round(reply.elapsedTime), by: request.principal?.id }, "answered");
  });
}

const routeOf = (url: string | undefined) => url ?? "unknown";
