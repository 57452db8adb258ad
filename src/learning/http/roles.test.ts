import Fastify from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { problem } from "../../api/learning/results.ts";
import { ROLES } from "../store/port.ts";
import { ACCESS } from "./access.ts";
import { guard } from "./auth/guard.ts";
import { type ApiUnderTest, startApi } from "./testing/api-under-test.ts";

const ROUTES = Object.entries(ACCESS).map(([route, access]) => {
  const [method, url] = route.split(" ") as ["GET" | "POST" | "PUT" | "DELETE", string];
  const path = url.replace(":id", "0197a2f0-0000-7000-8000-000000000000").replace(":sha256", "0".repeat(64));
  return { route, method, path, access };
});

describe("who may do what", () => {
  let api: ApiUnderTest;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.close());

  it("is said of exactly the routes there are", async () => {
    const document = (await api.call("GET", "/openapi.json")).json<{ paths: Record<string, object> }>();
    const served = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`),
    );
    expect(served.sort()).toEqual(Object.keys(ACCESS).sort());
  });

  describe.each(ROUTES.filter(({ access }) => access !== "public"))("$route", ({ method, path, access }) => {
    it("lets nobody in without a credential", async () => {
      const answer = await api.call(method, path);
      expect(answer.statusCode).toBe(401);
      expect(answer.headers["www-authenticate"]).toContain("Bearer");
      expect(problem.parse(answer.json()).code).toBe("Unauthenticated");
    });

    it.each(ROLES)("knows what the role %s may", async (role) => {
      const { statusCode } = await api.call(method, path, { key: await api.key(role) });
      expect(statusCode === 403).toBe(!access.includes(role));
    });
  });

  it.each(ROUTES.filter(({ access }) => access === "public"))("$route is for everybody", async ({ method, path }) => {
    expect((await api.call(method, path)).statusCode).toBe(200);
  });

  it("keeps a server from starting whose route names nobody", async () => {
    const app = Fastify();
    guard(app, async () => undefined);
    expect(() => app.get("/v1/everything", () => "all")).toThrow("GET /v1/everything does not say who may use it");
    await app.close();
  });
});
