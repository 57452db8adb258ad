import type { FastifyInstance } from "fastify";
import { ACCESS } from "../access.ts";
import { ApiProblem } from "../errors.ts";
import type { Authenticator } from "../principal.ts";

/** Asks one after the other; the first to know wins. */
export function anyOf(authenticators: readonly Authenticator[]): Authenticator {
  return async (request) => {
    for (const authenticate of authenticators) {
      const principal = await authenticate(request);
      if (principal !== undefined) return principal;
    }
    return undefined;
  };
}

/** Lets nobody in to a route of `app` whose role they lack, and no route exist that names none. */
export function guard(app: FastifyInstance, authenticate: Authenticator): void {
  app.addHook("onRoute", (route) => {
    const access = route.config?.access ?? ACCESS[`${String(route.method)} ${route.url}`];
    if (access === undefined) throw new Error(`${String(route.method)} ${route.url} does not say who may use it`);
    route.config = { ...route.config, access };
  });
  app.addHook("onRequest", async (request, reply) => {
    const { access } = request.routeOptions.config;
    if (access === "public") return;
    const principal = await authenticate(request);
    if (principal === undefined) {
      reply.header("www-authenticate", 'Bearer realm="qi-learning"');
      throw new ApiProblem("Unauthenticated", "send an API key or a service account's token as a bearer token");
    }
    request.principal = principal;
    if (!principal.roles.some((role) => access?.includes(role))) {
      throw new ApiProblem("Forbidden", `this needs the role ${access?.join(" or ")}`);
    }
  });
}
