import { afterAll, beforeAll } from "vitest";
import { systemClock } from "../../runtime/clock.ts";
import { silentLog } from "../../testing/log.ts";
import { type RedisServer, startRedis } from "../../testing/servers/index.ts";
import { RedisQueue } from "./redis-queue.ts";
import { QUICK, queueConformance } from "./testing/conformance.ts";
import { overMemory } from "./testing/memory-queue.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

let opened = 0;
queueConformance("RedisQueue over a table in memory", async () => {
  const prefix = `conformance-${++opened}`;
  return overMemory(
    (work, consumer) =>
      new RedisQueue({
        url: redis.url,
        work,
        consumer,
        clock: systemClock,
        log: silentLog,
        prefix,
        relayEveryMs: 50,
        ...QUICK,
      }),
  );
});
