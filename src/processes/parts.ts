import { hkdfSync, randomBytes, randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { Registry } from "prom-client";
import type { LearningConfig } from "../api/learningconfig.ts";
import { type ArtifactStore, openStore as openArtifacts } from "../artifacts/index.ts";
import { openPolicyBook, type PolicyBook } from "../learning/intake/policy-book.ts";
import { createPrivacyFilter } from "../learning/privacy/index.ts";
import type { PrivacyFilter } from "../learning/privacy/port.ts";
import { queueMetrics, watchFigures } from "../learning/queue/metrics.ts";
import type { WorkQueue } from "../learning/queue/port.ts";
import { RedisQueue } from "../learning/queue/redis-queue.ts";
import { TableQueue } from "../learning/queue/table-queue.ts";
import { openStore } from "../learning/store/index.ts";
import type { Store } from "../learning/store/port.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logging.ts";
import { type LearningSecrets, needed } from "./secrets.ts";

/** What the learning API and its workers both stand on. */
export interface Parts {
  readonly config: LearningConfig;
  readonly master: Uint8Array;
  readonly store: Store;
  readonly queue: WorkQueue;
  readonly policies: PolicyBook;
  readonly filter: PrivacyFilter;
  readonly artifacts: ArtifactStore;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: Logger;
  /** Unique to this life of this process. */
  readonly owner: string;
  close(): Promise<void>;
}

export interface PartsOptions {
  readonly config: LearningConfig;
  readonly secrets: LearningSecrets;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** Another than the one that redacts: only a bench, to show what redaction costs, has one. */
  readonly filter?: PrivacyFilter;
}

export async function openParts({ config, secrets, env, log, ...given }: PartsOptions): Promise<Parts> {
  const { master } = secrets;
  const clock = systemClock;
  const registry = new Registry();
  const owner = `${hostname()}_${randomUUID()}`;
  const store = await openDatabase(config, secrets, log);
  const metrics = queueMetrics(registry);
  const common = { work: store.work, clock, log };
  const queue =
    config.queue === "redis"
      ? new RedisQueue({ ...common, consumer: owner, metrics, url: queueUrl(secrets) })
      : new TableQueue({ ...common, owner });
  watchFigures(registry, () => queue.figures(clock.now()));
  const policies = await openPolicyBook({ policies: store.policies, clock, log });
  // Its threads read hostile text: they get a key of their own, not the one that opens the store.
  const secret = derivedKey(master, "placeholders");
  const filter = given.filter ?? createPrivacyFilter({ secret, threads: config.threads.privacy });
  return {
    config,
    master,
    store,
    queue,
    policies,
    filter,
    artifacts: openArtifacts(config.artifacts.uri, env),
    registry,
    clock,
    log,
    owner,
    close: async () => {
      policies.close();
      await queue.close();
      await filter.close();
      await store.close();
    },
  };
}

/** A key of its own for each purpose (RFC 5869), as text. */
export const derivedText = (master: Uint8Array, purpose: string): string =>
  derivedKey(master, purpose).toString("base64url");

const derivedKey = (master: Uint8Array, purpose: string): Buffer =>
  Buffer.from(hkdfSync("sha256", master, "", `qi-learning ${purpose}`, 32));

export const random = (bytes: number): Uint8Array => randomBytes(bytes);

const queueUrl = ({ queueUrl: url }: LearningSecrets) =>
  needed(url, "QI_QUEUE_REDIS_URL", "config.queue is redis; it takes redis://host:6379.");

function openDatabase(config: LearningConfig, secrets: LearningSecrets, log: Logger): Promise<Store> {
  const { database } = config;
  const { master, databaseUrl, ownerUrl } = secrets;
  if (database.kind === "sqlite") return openStore({ kind: "sqlite", folder: database.folder, secret: master, log });
  const url = needed(
    databaseUrl,
    "QI_DATABASE_URL",
    "config.database is postgres; it takes postgres://user:password@host/database.",
  );
  return openStore({ ...database, url, ownerUrl: ownerUrl ?? url, secret: master, log });
}
