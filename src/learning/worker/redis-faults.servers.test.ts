import { Redis } from "ioredis";
import { Registry } from "prom-client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type PostgresServer,
  type RedisServer,
  startPostgres,
  startRedis,
  until,
} from "../../testing/servers/index.ts";
import { startProxy } from "../../testing/servers/proxy.ts";
import { queueMetrics } from "../queue/metrics.ts";
import { WorkStream } from "../queue/redis/stream.ts";
import { formatRef } from "../queue/reference.ts";
import { refOf } from "../queue/testing/refs.ts";
import { DataPlane } from "./testing/data-plane.ts";
import { assessAll } from "./testing/scores.ts";

const EVENTS = 90;

describe("whatever happens to Redis", () => {
  let postgres: PostgresServer;
  let redis: RedisServer;
  let plane: DataPlane;
  let admin: Redis;
  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  });
  afterAll(async () => {
    await postgres[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    plane = await DataPlane.open(postgres, redis);
    admin = new Redis(redis.url, { maxRetriesPerRequest: null });
    admin.on("error", () => undefined);
  });
  afterEach(async () => {
    await plane[Symbol.asyncDispose]();
    admin.disconnect();
  });

  it("every event is scored once, and Redis never sees more than its id", async () => {
    const queue = plane.queue();
    plane.worker(queue);
    plane.worker();
    await plane.accept(0, EVENTS, queue);
    await plane.expectWhole();
    expect(await redis.filesWith("adds two numbers")).toEqual([]);
    expect(await redis.filesWith(refOf(1).id)).not.toEqual([]);
  });

  it("nothing is lost by FLUSHALL in the middle, again and again", async () => {
    const queue = plane.queue();
    plane.worker(queue);
    for (let from = 0; from < EVENTS; from += 30) {
      await plane.accept(from, from + 30, queue);
      await admin.flushall();
    }
    await plane.expectWhole();
  });

  it("nothing is lost by FLUSHALL while no worker runs, and workers need not wait for the reconciler", async () => {
    const queue = plane.queue({ resendAfterMs: 600_000 });
    await plane.accept(0, 30, queue);
    await until(async () => expect(await admin.xlen(`${plane.prefix}:{assess}:work`)).toBeGreaterThanOrEqual(30));
    await admin.flushall();
    plane.worker(queue);
    await plane.expectWhole();
  });

  it("nothing is lost by kill -9 and a restart, also of what is accepted meanwhile", async () => {
    const queue = plane.queue();
    plane.worker(queue);
    await plane.accept(0, 30, queue);
    await redis.kill();
    await plane.accept(30, 60, queue);
    await redis.start();
    await plane.accept(60, EVENTS, queue);
    await plane.expectWhole();
  });

  it("nothing is lost by losing it whole while it is down", async () => {
    const queue = plane.queue();
    await plane.accept(0, 30, queue);
    await redis.kill();
    await redis.start();
    await admin.flushall();
    await admin.call("BGREWRITEAOF");
    plane.worker(queue);
    await plane.accept(30, 60, queue);
    await plane.expectWhole();
  });

  it("goes on when its connections are half open, and hears of it by silence alone", async () => {
    await using proxy = await startProxy(redis);
    await using far = await DataPlane.open(postgres, { url: `redis://127.0.0.1:${proxy.port}` });
    const queue = far.queue();
    far.worker(queue);
    await far.accept(0, 30, queue);
    await far.drained();
    proxy.silence();
    await far.accept(30, 60, queue);
    await far.expectWhole();
  });

  it("goes on after nothing at all passed for a while, new connections included", async () => {
    await using proxy = await startProxy(redis);
    await using far = await DataPlane.open(postgres, { url: `redis://127.0.0.1:${proxy.port}` });
    const registry = new Registry();
    const queue = far.queue({ metrics: queueMetrics(registry) });
    const worker = far.worker(queue);
    await far.accept(0, 30, queue);
    await far.drained();
    proxy.silence(true);
    await far.accept(30, 60, queue);
    await until(async () => expect(await registry.metrics()).toContain('qi_learning_redis_up{role="queue"} 0'));
    expect(worker.liveness()).toBeUndefined();
    proxy.heal();
    await far.expectWhole();
    expect(await registry.metrics()).toContain('qi_learning_redis_up{role="queue"} 1');
  });

  it("goes on when the primary was a replica for a while", async () => {
    const queue = plane.queue();
    plane.worker(queue);
    await plane.accept(0, 30, queue);
    // Of a primary that does not exist: it keeps what it has and refuses to write.
    await admin.replicaof("127.0.0.1", 1);
    await plane.accept(30, 60, queue);
    await expect(admin.set("k", "v")).rejects.toThrow(/READONLY/);
    await admin.replicaof("NO", "ONE");
    await plane.expectWhole();
  });

  it("keeps in the table what a full Redis cannot take", async () => {
    const queue = plane.queue();
    const worker = plane.worker(queue);
    await admin.config("SET", "maxmemory", "1");
    await plane.accept(0, 30, queue);
    await expect(admin.set("k", "v")).rejects.toThrow(/OOM/);
    expect(await plane.scored()).toBeLessThan(30);
    expect(worker.liveness()).toBeUndefined();
    await admin.config("SET", "maxmemory", "0");
    await plane.expectWhole();
  });

  it("scores once what is delivered many times, in any order, and with older feedback", async () => {
    const queue = plane.queue();
    await plane.accept(0, 30, queue);
    const stream = `${plane.prefix}:{assess}:work`;
    const repeated = Array.from({ length: 300 }, (_, n) => refOf((n * 7) % 30, n % 2));
    for (const ref of repeated) await admin.xadd(stream, "*", "ref", formatRef(ref));
    await admin.xadd(stream, "*", "ref", "not/one of ours");
    await admin.xadd(stream, "*", "other", "field");
    plane.worker(queue);
    plane.worker();
    await plane.expectWhole();
    await until(async () => {
      const [pending] = await admin.xpending(stream, "workers");
      expect(pending).toBe(0);
    });
  });

  it("buries a poisoned event after five deliveries, says why, and replays it when it is cured", async () => {
    const queue = plane.queue();
    let cured = false;
    plane.worker(queue, async (batch) => {
      if (!cured && batch.some(({ interaction }) => interaction.facts.id === refOf(7).id))
        throw new TypeError("poison");
      return assessAll(batch);
    });
    await plane.accept(0, 30, queue);
    await plane.drained();
    const { items } = await plane.store.work.dead(undefined, 10);
    expect(items).toMatchObject([{ id: refOf(7).id, deliveries: 5, reason: "AssessmentFailed: TypeError" }]);
    expect(await plane.scored()).toBe(29);
    cured = true;
    expect(await plane.store.work.replay([refOf(7)], Date.now())).toBe(1);
    queue.nudge();
    await plane.expectWhole();
  });

  it("trims what was settled, and nothing that is not", async () => {
    const queue = plane.queue();
    const stream = `${plane.prefix}:{assess}:work`;
    await plane.accept(1, 2, queue);
    const [held] = await queue.take(1, 10_000);
    for (let n = 0; n < 5000; n += 500)
      await Promise.all(
        Array.from({ length: 500 }, (_, k) => admin.xadd(stream, "*", "ref", formatRef(refOf(n + k + 1)))),
      );
    const direct = new WorkStream(admin, { prefix: plane.prefix, consumer: "direct", holdMs: 60_000 });
    const blocking = admin.duplicate();
    blocking.on("error", () => undefined);
    const taken = await direct.read(blocking, 4000, 1000);
    await direct.settle(taken.map(({ id }) => id));
    const all = await direct.length();
    await direct.tidy();
    expect(await direct.length()).toBe(all);
    await queue.done(held === undefined ? [] : [held]);
    await direct.tidy();
    // Approximate: whole nodes of the stream go, and only those that nobody needs.
    const unread = all - 1 - taken.length;
    expect(await direct.length()).toBeLessThan(unread + 300);
    expect((await direct.read(blocking, 4000, 1000)).length).toBe(unread);
    blocking.disconnect();
  });

  it("says so when Redis may evict what is queued", async () => {
    const registry = new Registry();
    await admin.config("SET", "maxmemory-policy", "allkeys-lru");
    plane.queue({ metrics: queueMetrics(registry) });
    await until(async () => expect(await registry.metrics()).toContain("qi_learning_queue_redis_evicts 1"));
    await admin.config("SET", "maxmemory-policy", "noeviction");
  });
});
