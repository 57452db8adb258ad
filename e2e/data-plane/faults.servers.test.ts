import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PostgresServer, type RedisServer, startPostgres, startRedis } from "../../src/testing/servers/index.ts";
import { Load } from "./load.ts";
import { ADMIN_KEY, findings, invariant, type Plane, startPlane } from "./plane.ts";

/** As a user would paste them: a key, a password, an address, a card. None of it may ever lie anywhere in plain. */
const CANARIES = [
  "AKIAQ4XEXAMPLECANARY",
  "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
  "canary.person@example-mail.org",
  "4929 7226 5379 7141",
];

describe("the data plane under faults: each accepted event has one row and one current score", () => {
  let postgres: PostgresServer;
  let redis: RedisServer;
  let plane: Plane;
  let seed = 0;

  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
    plane = await startPlane({ postgres, redis });
  });
  afterAll(async () => {
    await plane?.[Symbol.asyncDispose]();
    await postgres?.[Symbol.asyncDispose]();
    await redis?.[Symbol.asyncDispose]();
  });

  const all = new Set<string>();
  const allFeedback = new Set<string>();

  /** Puts load on it, does harm meanwhile, lets it come to rest, and looks whether everything is as it must be. */
  async function survives(harm: () => Promise<void>): Promise<Load> {
    seed += 1;
    const load = new Load({ url: () => plane.api.url, key: ADMIN_KEY, seed, canaries: CANARIES });
    try {
      await sleep(1000);
      await harm();
      await sleep(1000);
    } finally {
      await load.stop();
      // The database holds what earlier tests brought, too, and also what those brought that failed.
      for (const id of load.accepted) all.add(id);
      for (const id of load.feedbackAccepted) allFeedback.add(id);
    }
    expect([...load.refused]).toEqual([]);
    await invariant(plane, Object.assign(Object.create(load), { accepted: all, feedbackAccepted: allFeedback }));
    expect(load.accepted.size).toBeGreaterThan(40);
    return load;
  }

  it("without any harm, with events sent twice, in another order, and feedback ahead of its interaction", async () => {
    await survives(async () => {});
  });

  it("the API killed three times", async () => {
    const load = await survives(async () => {
      for (let times = 0; times < 3; times += 1) {
        await plane.api.kill();
        plane.api.spawn();
        await plane.api.ready();
        await sleep(300);
      }
    });
    expect(load.repeated).toBeGreaterThan(0);
  });

  it("the worker killed five times", async () => {
    await survives(async () => {
      for (let times = 0; times < 5; times += 1) {
        await plane.worker.kill();
        plane.worker.spawn();
        await plane.worker.ready();
        await sleep(200);
      }
    });
  });

  it("Postgres killed twice", async () => {
    const load = await survives(async () => {
      for (let times = 0; times < 2; times += 1) {
        await postgres.kill();
        await postgres.start();
        await sleep(500);
      }
    });
    expect(load.repeated).toBeGreaterThan(0);
  });

  it("Postgres that accepts connections and says nothing", async () => {
    await survives(async () => {
      await postgres.pause();
      await sleep(8000);
      await postgres.unpause();
    });
  });

  it("Redis killed, and away for a while", async () => {
    await survives(async () => {
      await redis.kill();
      await sleep(2000);
      await redis.start();
    });
  });

  it("Redis that lost everything", async () => {
    await survives(async () => {
      const client = new Redis(redis.url);
      for (let times = 0; times < 5; times += 1) {
        await client.flushall();
        await sleep(200);
      }
      client.disconnect();
    });
  });

  it("both processes told to stop, which end by themselves and with 0", async () => {
    await survives(async () => {
      for (const process of [plane.api, plane.worker]) {
        expect(await process.stop()).toBe(0);
        process.spawn();
        await process.ready();
      }
    });
  });

  it("and nothing of what was redacted lies in any file or log", async () => {
    expect(await findings(plane, [postgres, redis], CANARIES)).toEqual([]);
  });
});
