import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataPolicy } from "../../../api/learning/policies.ts";
import { type Clock, systemClock } from "../../../runtime/clock.ts";
import { type Logger, silentLogger } from "../../../runtime/logging.ts";
import { createLearningApi } from "../../http/api.ts";
import { newApiKey } from "../../http/auth/api-key.ts";
import { apiKeys } from "../../http/auth/api-keys.ts";
import { openPolicyBook } from "../../intake/policy-book.ts";
import type { Tenant } from "../../model.ts";
import type { PrivacyFilter } from "../../privacy/port.ts";
import { openSqlite, type Role, type Store } from "../../store/index.ts";
import type { CookieMode } from "../cookie.ts";
import { reviewPlugin } from "../index.ts";

export const TENANT = "team-a";
export const POLICIES = ["team-a/coder", "team-a/docs"] as const;

export interface ReviewServer extends AsyncDisposable {
  readonly app: Awaited<ReturnType<typeof createLearningApi>>;
  readonly store: Store;
  readonly clock: Clock;
  /** Makes a key; answers its id and what its owner types. */
  addKey(roles: readonly Role[], options?: { readonly tenant?: Tenant; readonly name?: string }): Promise<TestKey>;
  /** Listens on loopback; answers the origin. */
  listen(): Promise<string>;
}
export interface TestKey {
  readonly id: string;
  readonly key: string;
}
export interface ReviewServerOptions {
  readonly cookie?: CookieMode;
  readonly clock?: Clock;
  readonly filter?: Pick<PrivacyFilter, "filter">;
  readonly log?: Logger;
  /** Another server's, which goes on when this one ends. */
  readonly store?: Store;
}

/** The learning API with the review page, over a real SQLite in a folder of its own. */
export async function startReviewServer(options: ReviewServerOptions = {}): Promise<ReviewServer> {
  const { cookie = "loopback", clock = systemClock, filter = emailFilter, log = silentLogger } = options;
  const folder = await mkdtemp(join(tmpdir(), "qi-review-"));
  const secret = randomBytes(32);
  const store = options.store ?? (await openSqlite({ folder, secret, clock: () => clock.now() }));
  const set = POLICIES.map((name) => dataPolicy.parse({ ...namesOf(name), servedModel: name.replace("/", "-") }));
  await store.policies.replace({ revision: 1, policies: set });
  const policies = await openPolicyBook({ policies: store.policies, clock, log: silentLogger });
  const keys = apiKeys({ keys: store.keys, clock });
  const app = await createLearningApi({
    store,
    policies,
    keys,
    clock,
    secret,
    filter,
    queue: { nudge: () => {}, figures: (now) => store.work.figures(now) },
    random: randomBytes,
    log,
    version: "0.0.0",
    plugins: [reviewPlugin({ store, policies, filter, keys, secret, clock, random: randomBytes, cookie })],
  });
  await app.ready();
  return {
    app,
    store,
    clock,
    async addKey(roles, { tenant = TENANT, name = "Ada" } = {}) {
      const { id, hash, key } = newApiKey(randomBytes);
      await store.keys.add({ id, hash, tenant, name, roles, createdAt: clock.now(), revokedAt: undefined });
      return { id, key };
    },
    listen: () => app.listen({ host: "127.0.0.1", port: 0 }),
    async [Symbol.asyncDispose]() {
      policies.close();
      await app.close();
      if (options.store === undefined) await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

function namesOf(policy: string) {
  const [namespace, name] = policy.split("/");
  return { namespace, name };
}

/** Replaces e-mail addresses, and refuses what says so: enough to see that notes go through a filter. */
const emailFilter: Pick<PrivacyFilter, "filter"> = {
  filter: async (requests) =>
    requests.map(({ body, ...request }) => {
      if (!("type" in body) || body.type !== "comment" || request.kind !== "feedback") throw new Error("not a note");
      if (body.text.includes("REFUSE")) return { ok: false, reason: "TooSlow", message: "took too long" };
      const text = body.text.replaceAll(/\S+@\S+/g, "<EMAIL_1>");
      const { placeholders } = request.context;
      return { ok: true, body: { ...body, text }, counts: {}, placeholders, syntax: [] };
    }),
};
