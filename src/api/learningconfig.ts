import { z } from "zod";
import { objectName, objectUri, sha256 } from "./v1alpha1/common.ts";

/** What the data plane's processes are told: a file that the chart writes. Secrets come by environment. */
export const learningConfig = z.strictObject({
  tenant: objectName.describe("The namespace whose policies this installation works by."),
  database: z.discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("sqlite"),
      folder: z.string().min(1).describe("Where the database lies. One process at a time."),
    }),
    z
      .strictObject({ kind: z.literal("postgres"), connections: z.int().min(1).max(100).default(10) })
      .describe("Its URL comes as QI_DATABASE_URL."),
  ]),
  queue: z
    .enum(["table", "redis"])
    .default("table")
    .describe("redis: Streams, at QI_QUEUE_REDIS_URL, a Redis that never evicts."),
  cache: z
    .enum(["memory", "redis"])
    .default("memory")
    .describe("redis: at QI_CACHE_REDIS_URL, another Redis, which evicts."),
  artifacts: z.strictObject({ uri: objectUri.describe("Where datasets go.") }),
  serviceAccounts: z
    .array(
      z.strictObject({ namespace: objectName, name: objectName, role: z.enum(["agent", "operator"]).default("agent") }),
    )
    .max(64)
    .default([])
    .describe("Pods that may ask with their service account's token, and as what."),
  evaluationSets: z
    .array(z.strictObject({ name: objectName, uri: objectUri, sha256 }))
    .max(64)
    .default([])
    .describe("JSONL that models are measured by: nothing that holds a text of it gets into a dataset."),
  limits: z
    .strictObject({
      itemsPerMinute: z.int().min(1).default(6000).describe("Items that one API key may send in a minute."),
    })
    .prefault({}),
  threads: z.strictObject({ privacy: z.int().min(1).max(64).default(2).describe("Threads that redact.") }).prefault({}),
});

export type LearningConfig = z.output<typeof learningConfig>;
