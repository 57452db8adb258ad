import { z } from "zod";
import type { Milliseconds } from "../../../kube/clock.ts";
import type { Log } from "../../../kube/log.ts";
import { DIMENSIONS } from "../../model.ts";
import type { QueueMetrics } from "../../queue/metrics.ts";
import { connectRedis } from "../../queue/redis/connection.ts";
import type { Scored } from "../../store/port.ts";
import { type ScoreCache, scoreKey } from "./port.ts";

const DAY_SECONDS = 86_400;
/** Assessing anew takes about as long: nobody waits longer for a cache. */
const PATIENCE_MS = 250;

const unit = z.number().min(0).max(1);
const scored = z.object({
  tenant: z.string(),
  id: z.string(),
  feedbackSeq: z.int().min(0),
  assessorVersion: z.string(),
  dimensions: z.partialRecord(z.enum(DIMENSIONS), unit),
  overall: unit,
  confidence: unit,
  why: z.array(z.string()),
  human: z.boolean().exactOptional(),
  policy: z.string(),
  at: z.number(),
  threshold: unit,
  facets: z.array(z.string()),
  review: z.enum(["LowConfidence", "Audit"]).optional(),
});

export interface RedisScoreCacheOptions {
  /** Of an instance of its own that evicts: the queue's never may. */
  readonly url: string;
  readonly log: Log;
  readonly metrics?: QueueMetrics;
  readonly prefix?: string;
  readonly patienceMs?: Milliseconds;
}

export function redisScoreCache({
  url,
  log,
  metrics,
  prefix = "cl",
  patienceMs = PATIENCE_MS,
}: RedisScoreCacheOptions) {
  const redis = connectRedis({
    url,
    role: "cache",
    log,
    silenceMs: patienceMs,
    onUp: (up) => metrics?.redisUp("cache", up),
  });
  const name = (key: Parameters<typeof scoreKey>[0]) => `${prefix}:score:${scoreKey(key)}`;
  const cache: ScoreCache = {
    get: async (keys) => {
      if (keys.length === 0) return [];
      // Not connected fails at once; a server that says nothing is cut off after `silenceMs`.
      const texts = await redis.mget(...keys.map(name)).catch(() => []);
      return keys.map((key, at) => {
        const score = read(texts[at] ?? undefined);
        return score !== undefined && scoreKey(score) === scoreKey(key) ? score : undefined;
      });
    },
    put: async (scores) => {
      const pipeline = redis.pipeline();
      for (const score of scores) pipeline.set(name(score), JSON.stringify(score), "EX", DAY_SECONDS);
      if (scores.length > 0) await pipeline.exec().catch(() => undefined);
    },
    close: async () => redis.disconnect(),
  };
  return cache;
}

function read(text: string | undefined): Scored | undefined {
  if (text === undefined) return undefined;
  try {
    const { review, ...score } = scored.parse(JSON.parse(text));
    return { ...score, review };
  } catch {
    // Of another version of ours, or not ours: as good as nothing.
    return undefined;
  }
}
