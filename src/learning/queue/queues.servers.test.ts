import { afterAll, beforeAll } from "vitest";
import { systemClock } from "../../runtime/clock.ts";
import { silentLog } from "../../testing/log.ts";
import { type PostgresServer, type RedisServer, startPostgres, startRedis } from "../../testing/servers/index.ts";
import { migratePostgres, openPostgres, type Store } from "../store/index.ts";
import type { WorkStore } from "../store/port.ts";
import { RedisQueue } from "./redis-queue.ts";
import { TableQueue } from "./table-queue.ts";
import { QUICK, queueConformance } from "./testing/conformance.ts";
import { overStore } from "./testing/over-store.ts";

let postgres: PostgresServer;
let redis: RedisServer;
beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
});
afterAll(async () => {
  await postgres[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

async function freshPostgres(): Promise<Store> {
  const url = await postgres.createDatabase();
  await migratePostgres({ url });
  return openPostgres({ url, secret: Buffer.alloc(32, 7), connections: 4 });
}

let opened = 0;
const redisConsumer = () => {
  const prefix = `conformance-${++opened}`;
  return (work: WorkStore, consumer: string) =>
    new RedisQueue({
      url: redis.url,
      work,
      consumer,
      clock: systemClock,
      log: silentLog,
      prefix,
      relayEveryMs: 50,
      ...QUICK,
    });
};

queueConformance("TableQueue over Postgres", async () =>
  overStore(
    await freshPostgres(),
    (work, owner) => new TableQueue({ work, owner, clock: systemClock, log: silentLog, pollMs: 20, ...QUICK }),
  ),
);

queueConformance("RedisQueue over Postgres", async () => overStore(await freshPostgres(), redisConsumer()));
