import { z } from "zod";
import { createdKey, type KeyView, keyList, keyParams, keyRequest } from "../../../api/learning/keys.ts";
import type { ApiKey } from "../../store/port.ts";
import { newApiKey } from "../auth/api-key.ts";
import type { RouteDeps } from "../deps.ts";
import { ApiProblem } from "../errors.ts";
import { refusals } from "../openapi.ts";
import type { Api } from "../types.ts";
import { iso, principalOf } from "./asked.ts";

export function keyRoutes(app: Api, { store, keys, clock, random }: RouteDeps): void {
  app.post("/v1/keys", {
    schema: {
      tags: ["administer"],
      summary: "Make an API key",
      body: keyRequest,
      response: { 201: createdKey, ...refusals() },
    },
    handler: async (request, reply) => {
      const { tenant } = principalOf(request);
      const { id, hash, key } = newApiKey(random);
      const made: ApiKey = { ...request.body, id, hash, tenant, createdAt: clock.now(), revokedAt: undefined };
      await store.keys.add(made);
      return reply.code(201).send({ ...viewOf(made), key });
    },
  });

  app.get("/v1/keys", {
    schema: { tags: ["administer"], summary: "All API keys", response: { 200: keyList, ...refusals() } },
    handler: async (request) => ({ items: (await store.keys.list(principalOf(request).tenant)).map(viewOf) }),
  });

  app.delete("/v1/keys/:id", {
    schema: {
      tags: ["administer"],
      summary: "Revoke an API key",
      params: keyParams,
      response: {
        204: z.undefined().describe("It ends here at once, elsewhere within seconds."),
        ...refusals("NotFound"),
      },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const revoked = await store.keys.revoke(principalOf(request).tenant, id, clock.now());
      if (!revoked) throw new ApiProblem("NotFound", "no such key");
      keys.forget(id);
      return reply.code(204).send();
    },
  });
}

function viewOf({ id, name, roles, createdAt, revokedAt }: ApiKey): KeyView {
  return {
    id,
    name,
    roles: [...roles],
    createdAt: iso(createdAt),
    ...(revokedAt !== undefined && { revokedAt: iso(revokedAt) }),
  };
}
