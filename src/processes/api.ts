import { readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import { Client } from "../kube/client.ts";
import { loadConfig } from "../kube/config.ts";
import { createLearningApi } from "../learning/http/api.ts";
import { readApiKey } from "../learning/http/auth/api-key.ts";
import { apiKeys } from "../learning/http/auth/api-keys.ts";
import { ensureBootstrapKey } from "../learning/http/auth/bootstrap.ts";
import { serviceAccounts } from "../learning/http/auth/service-accounts.ts";
import { tokenReviewer } from "../learning/http/auth/token-review.ts";
import type { Authenticator } from "../learning/http/principal.ts";
import { type CookieMode, reviewPlugin } from "../learning/review/index.ts";
import { type Parts, random } from "./parts.ts";
import { ConfigurationError } from "./secrets.ts";

export interface ApiOptions {
  readonly host: string;
  readonly port: number;
  readonly cookie: CookieMode;
  readonly adminKey: string | undefined;
}

/** The learning API with the review page, listening. */
export async function startApi(parts: Parts, { host, port, cookie, adminKey }: ApiOptions): Promise<FastifyInstance> {
  const { config, store, policies, clock, master } = parts;
  if (adminKey !== undefined) await makeKnown(parts, adminKey);
  const keys = apiKeys({ keys: store.keys, clock });
  const cluster = await clusterAccounts(parts);
  const authenticators = cluster === undefined ? [] : [cluster.authenticate];
  const app = await createLearningApi({
    ...parts,
    secret: master,
    keys,
    authenticators,
    random,
    version: version(),
    limits: { itemsPerSecond: Math.max(1, config.limits.itemsPerMinute / 60), itemBurst: config.limits.itemsPerMinute },
    plugins: [
      reviewPlugin({
        store,
        policies,
        filter: parts.filter,
        keys,
        authenticators,
        secret: master,
        clock,
        random,
        cookie,
      }),
    ],
  });
  app.addHook("onClose", async () => cluster?.close());
  await app.listen({ host, port });
  return app;
}

async function makeKnown({ store, config, clock }: Parts, adminKey: string): Promise<void> {
  const key = readApiKey(adminKey);
  if (key === undefined)
    throw new ConfigurationError(
      "QI_ADMIN_KEY is not a key: it takes qil_, 16 digits or small letters, _, and 32 random bytes in base64url.",
    );
  await ensureBootstrapKey(store.keys, key, config.tenant, clock.now());
}

/** Pods of the cluster that this process runs in; undefined where the configuration allows none. */
async function clusterAccounts({
  config,
  clock,
}: Parts): Promise<{ readonly authenticate: Authenticator; close(): Promise<void> } | undefined> {
  if (config.serviceAccounts.length === 0) return undefined;
  const client = new Client(await loadConfig());
  const allowed = new Map(
    config.serviceAccounts.map(
      ({ namespace, name, role }) => [`${namespace}/${name}`, { tenant: config.tenant, roles: [role] }] as const,
    ),
  );
  return {
    authenticate: serviceAccounts({ reviewToken: tokenReviewer(client), allowed, clock }),
    close: () => client.close(),
  };
}

export function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
