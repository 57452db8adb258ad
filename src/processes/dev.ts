import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { type DataPolicy, dataPolicy } from "../api/learning/policies.ts";
import { learningConfig } from "../api/learningconfig.ts";
import { problems } from "../api/problems.ts";
import { qualityPolicySpec } from "../api/v1alpha1/qualitypolicy.ts";
import { canonicalJson } from "../domain/identity.ts";
import { newApiKey } from "../learning/http/auth/api-key.ts";
import type { Logger } from "../runtime/logging.ts";
import { startApi } from "./api.ts";
import { stopped } from "./learning.ts";
import { openParts, type Parts, random } from "./parts.ts";
import { ConfigurationError } from "./secrets.ts";
import { startWork } from "./work.ts";

export interface DevCommand {
  /** A QualityPolicy as YAML; a policy for `qi-coder` without it. */
  readonly policyPath: string | undefined;
  readonly folder: string | undefined;
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

const TENANT = "dev";

/** Learning API, worker and queue in one process, on SQLite and a folder, for this machine only. */
export async function runDev({ policyPath, folder, port, env, log, signal, say }: DevCommand): Promise<number> {
  const home = folder ?? join(env.XDG_DATA_HOME || join(homedir(), ".local", "share"), "qi-learning", "dev");
  const policy = policyPath === undefined ? DEFAULT_POLICY : readPolicy(policyPath);
  const { master, adminKey } = secretsIn(home);
  const config = learningConfig.parse({
    tenant: TENANT,
    database: { kind: "sqlite", folder: join(home, "database") },
    artifacts: { uri: pathToFileURL(join(home, "artifacts")).href },
  });
  const nothing = { databaseUrl: undefined, ownerUrl: undefined, queueUrl: undefined, cacheUrl: undefined };
  const parts = await openParts({ config, secrets: { master, adminKey, ...nothing }, env, log });
  await putInForce(parts, policy);
  const work = startWork(parts, undefined);
  const api = await startApi(parts, { host: "127.0.0.1", port, cookie: "loopback", adminKey });
  const address = api.server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : port}`;
  say(`The learning API answers at  ${url}
Review page                  ${url}/review
API key                      ${adminKey}
Served model                 ${policy.servedModel}
Everything is kept in        ${home}

Stop it with Ctrl-C.`);
  await stopped(signal);
  await api.close();
  await work.stop(5000);
  await parts.close();
  return 0;
}

const DEFAULT_POLICY: DataPolicy = dataPolicy.parse({ namespace: TENANT, name: "coder", servedModel: "qi-coder" });

const policyFile = z.looseObject({
  kind: z.literal("QualityPolicy"),
  metadata: z.looseObject({ name: z.string() }),
  spec: qualityPolicySpec,
});

/** The part of a QualityPolicy that the data plane works by. */
export function readPolicy(path: string): DataPolicy {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigurationError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new ConfigurationError(`${path} is not YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = policyFile.safeParse(document);
  if (!parsed.success) throw new ConfigurationError(`${path}: ${problems(parsed.error, "QualityPolicy")}`);
  const { metadata, spec } = parsed.data;
  const { servedModel, privacy, assessment, dataset } = spec;
  return dataPolicy.parse({ namespace: TENANT, name: metadata.name, servedModel, privacy, assessment, dataset });
}

async function putInForce({ store, policies }: Parts, policy: DataPolicy): Promise<void> {
  const current = await store.policies.current();
  if (canonicalJson(current?.policies) !== canonicalJson([policy]))
    await store.policies.replace({ revision: (current?.revision ?? 0) + 1, policies: [policy] });
  await policies.refresh();
}

/** Made at the first start, and readable by their owner only. */
function secretsIn(home: string): { readonly master: Uint8Array; readonly adminKey: string } {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const kept = (name: string, make: () => string) => {
    const path = join(home, name);
    if (!existsSync(path)) writeFileSync(path, make(), { mode: 0o600, flag: "wx" });
    return readFileSync(path, "utf8").trim();
  };
  return {
    master: Buffer.from(
      kept("secret", () => randomBytes(32).toString("base64")),
      "base64",
    ),
    adminKey: kept("api-key", () => newApiKey(random).key),
  };
}
