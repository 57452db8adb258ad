import type { FastifyRequest } from "fastify";
import { describe, expect, it } from "vitest";
import type { KubeApi } from "../../../kube/api.ts";
import { ManualClock } from "../../../testing/clock.ts";
import { StoreUnavailable } from "../../store/errors.ts";
import type { ApiKey, KeyStore } from "../../store/port.ts";
import type { Authenticator } from "../principal.ts";
import { seeded } from "../testing/api-under-test.ts";
import { newApiKey, readApiKey } from "./api-key.ts";
import { apiKeys } from "./api-keys.ts";
import { ensureBootstrapKey } from "./bootstrap.ts";
import { serviceAccounts } from "./service-accounts.ts";
import { tokenReviewer } from "./token-review.ts";

const random = seeded(3);

/** Keys in memory, with a count of how often one was looked for. */
class Keys implements Pick<KeyStore, "add" | "find"> {
  readonly all = new Map<string, ApiKey>();
  lookups = 0;
  down = false;

  async add(key: ApiKey): Promise<void> {
    if (this.all.has(key.id)) throw new Error("there is one");
    this.all.set(key.id, key);
  }

  async find(id: string): Promise<ApiKey | undefined> {
    this.lookups += 1;
    if (this.down) throw new StoreUnavailable();
    return this.all.get(id);
  }

  make(): string {
    const { id, hash, key } = newApiKey(random);
    this.all.set(id, { id, hash, tenant: "team", name: "n", roles: ["agent"], createdAt: 0, revokedAt: undefined });
    return key;
  }

  revoke(key: string): void {
    const id = readApiKey(key)?.id ?? "";
    const found = this.all.get(id);
    if (found !== undefined) this.all.set(id, { ...found, revokedAt: 1 });
  }
}

const asking = (authorization: string | undefined): FastifyRequest =>
  ({ headers: { authorization }, ip: "10.0.0.1" }) as FastifyRequest;
const bearer = (authenticate: Authenticator, token: string) => authenticate(asking(`Bearer ${token}`));

describe("an API key", () => {
  const start = (options: { lookupsPerSecond?: number } = {}) => {
    const keys = new Keys();
    const clock = new ManualClock();
    return { keys, clock, ...apiKeys({ keys, clock, cacheMs: 10_000, ...options }) };
  };

  it("proves its owner", async () => {
    const { keys, authenticate } = start();
    const key = keys.make();
    expect(key).toMatch(/^qil_[0-9a-f]{16}_[\w-]{43}$/);
    expect(await bearer(authenticate, key)).toMatchObject({ tenant: "team", roles: ["agent"] });
    expect(JSON.stringify([...keys.all.values()])).not.toContain(key.slice(21));
  });

  it.each([
    ["with another secret", (key: string) => `${key.slice(0, -1)}${key.endsWith("A") ? "B" : "A"}`],
    ["with another id", (key: string) => key.replace(/^qil_..../, "qil_0000")],
    ["cut short", (key: string) => key.slice(0, -1)],
    ["with more after it", (key: string) => `${key}A`],
  ])("proves nobody %s", async (_, change) => {
    const { keys, authenticate } = start();
    expect(await bearer(authenticate, change(keys.make()))).toBeUndefined();
  });

  it.each([undefined, "", "Bearer", "Basic x", `Bearer ${"x".repeat(10_000)}`])(
    "is not looked for in %j",
    async (header) => {
      const { keys, authenticate } = start();
      expect(await authenticate(asking(header))).toBeUndefined();
      expect(keys.lookups).toBe(0);
    },
  );

  it("is looked up once in a while, and ends soon after it is revoked", async () => {
    const { keys, clock, authenticate } = start();
    const key = keys.make();
    await bearer(authenticate, key);
    await bearer(authenticate, key);
    expect(keys.lookups).toBe(1);
    keys.revoke(key);
    await clock.advance(10_001);
    expect(await bearer(authenticate, key)).toBeUndefined();
  });

  it("ends at once where it is forgotten", async () => {
    const { keys, authenticate, forget } = start();
    const key = keys.make();
    await bearer(authenticate, key);
    keys.revoke(key);
    forget(readApiKey(key)?.id ?? "");
    expect(await bearer(authenticate, key)).toBeUndefined();
  });

  it("proves nobody while the store is down, and is asked for again after", async () => {
    const { keys, authenticate } = start();
    const key = keys.make();
    keys.down = true;
    await expect(bearer(authenticate, key)).rejects.toThrow(StoreUnavailable);
    keys.down = false;
    expect(await bearer(authenticate, key)).toBeDefined();
  });

  it("that is made up keeps the store busy only so much", async () => {
    const { keys, clock, authenticate } = start({ lookupsPerSecond: 2 });
    const guesses = () =>
      Promise.allSettled(Array.from({ length: 50 }, () => bearer(authenticate, newApiKey(random).key)));
    const refused = (await guesses()).filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(40);
    expect(keys.lookups).toBe(10);
    await clock.advance(1000);
    await guesses();
    expect(keys.lookups).toBe(12);
  });
});

describe("the bootstrap key", () => {
  it("is there once, whoever makes it first", async () => {
    const keys = new Keys();
    const key = newApiKey(random);
    await Promise.all(Array.from({ length: 20 }, () => ensureBootstrapKey(keys, key, "team", 1)));
    expect([...keys.all.values()]).toMatchObject([{ id: key.id, roles: ["admin"] }]);
  });

  it("stays revoked", async () => {
    const keys = new Keys();
    const key = newApiKey(random);
    await ensureBootstrapKey(keys, key, "team", 1);
    keys.revoke(key.key);
    await ensureBootstrapKey(keys, key, "team", 2);
    expect(keys.all.get(key.id)?.revokedAt).toBe(1);
  });
});

describe("a service account", () => {
  const TOKEN = "aaaa.bbbb.cccc";
  const start = (status: object) => {
    const asked: unknown[] = [];
    const kube = {
      create: async (review: unknown) => {
        asked.push(review);
        return { status };
      },
    } as unknown as Pick<KubeApi, "create">;
    const clock = new ManualClock();
    const allowed = new Map([["qi/operator", { tenant: "team", roles: ["operator"] as const }]]);
    return { asked, clock, authenticate: serviceAccounts({ reviewToken: tokenReviewer(kube), allowed, clock }) };
  };
  const valid = {
    authenticated: true,
    user: { username: "system:serviceaccount:qi:operator" },
    audiences: ["qi-learning"],
  };

  it("is proven by a token for our audience", async () => {
    const { asked, authenticate } = start(valid);
    expect(await bearer(authenticate, TOKEN)).toEqual({
      tenant: "team",
      roles: ["operator"],
      id: "system:serviceaccount:qi:operator",
      name: "qi/operator",
    });
    expect(asked).toMatchObject([{ kind: "TokenReview", spec: { token: TOKEN, audiences: ["qi-learning"] } }]);
  });

  it.each<[string, object]>([
    ["that is not valid", { authenticated: false }],
    ["for another audience", { ...valid, audiences: ["https://kubernetes.default.svc"] }],
    ["of an API server that knows no audiences", { ...valid, audiences: undefined }],
    ["of an account that is not allowed", { ...valid, user: { username: "system:serviceaccount:qi:other" } }],
    ["of a person", { ...valid, user: { username: "ann" } }],
  ])("is not proven by a token %s", async (_, status) => {
    expect(await bearer(start(status).authenticate, TOKEN)).toBeUndefined();
  });

  it("is asked for once a minute", async () => {
    const { asked, clock, authenticate } = start(valid);
    await bearer(authenticate, TOKEN);
    await bearer(authenticate, TOKEN);
    expect(asked).toHaveLength(1);
    await clock.advance(60_001);
    await bearer(authenticate, TOKEN);
    expect(asked).toHaveLength(2);
  });

  it("has no API key shown to the API server", async () => {
    const { asked, authenticate } = start(valid);
    expect(await bearer(authenticate, newApiKey(random).key)).toBeUndefined();
    expect(asked).toHaveLength(0);
  });

  it("is not known while the API server is away, and the token stays out of what is said", async () => {
    const kube = {
      create: async () => {
        throw new Error(`could not send ${TOKEN}`);
      },
    } as unknown as Pick<KubeApi, "create">;
    const problem = await tokenReviewer(kube)(TOKEN).catch((error: unknown) => error);
    expect(problem).toMatchObject({ code: "Unavailable" });
    expect(String(problem)).not.toContain(TOKEN);
  });
});
