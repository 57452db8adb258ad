import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../../testing/log.ts";
import { type RedisServer, startRedis, until } from "../../../testing/servers/index.ts";
import { score } from "../testing/score.ts";
import type { ScoreCache } from "./port.ts";
import { redisScoreCache } from "./redis.ts";

describe("the score cache in Redis", () => {
  let redis: RedisServer;
  let cache: ScoreCache;
  let admin: Redis;
  beforeAll(async () => {
    redis = await startRedis();
    admin = new Redis(redis.url, { maxRetriesPerRequest: null });
    admin.on("error", () => undefined);
    cache = redisScoreCache({ url: redis.url, log: silentLog });
  });
  afterAll(async () => {
    await cache.close();
    admin.disconnect();
    await redis[Symbol.asyncDispose]();
  });
  const finds = (...scores: ReturnType<typeof score>[]) =>
    until(async () => {
      await cache.put(scores);
      expect(await cache.get(scores)).toEqual(scores);
    });

  it("finds a score by interaction, feedback and version, for a day", async () => {
    await finds(score(1), score(2, { review: "Audit", dimensions: {} }));
    const others = [{ feedbackSeq: 1 }, { assessorVersion: "v2" }, { tenant: "team-b" }];
    expect(await cache.get(others.map((other) => score(1, other)))).toEqual([undefined, undefined, undefined]);
    const [key] = await admin.keys("cl:score:*");
    expect(await admin.ttl(key ?? "")).toBeGreaterThan(86_000);
  });

  it("takes what it cannot read for nothing", async () => {
    await finds(score(3));
    const [key] = await admin.keys(`*${score(3).id}*`);
    for (const strange of [
      "",
      "no json",
      "{}",
      JSON.stringify({ ...score(3), overall: 2 }),
      JSON.stringify(score(4)),
    ]) {
      await admin.set(key ?? "", strange);
      expect(await cache.get([score(3)]), strange).toEqual([undefined]);
    }
  });

  it("is empty, quickly, while Redis is frozen or dead, and comes back", async () => {
    await finds(score(5));
    await redis.pause();
    const since = performance.now();
    await cache.put([score(6)]);
    expect(await cache.get([score(5)])).toEqual([undefined]);
    expect(performance.now() - since).toBeLessThan(2000);
    await redis.unpause();
    await redis.kill();
    expect(await cache.get([score(5)])).toEqual([undefined]);
    await redis.start();
    await finds(score(5));
  });
});
