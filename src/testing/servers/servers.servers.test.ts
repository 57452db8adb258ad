import { Redis } from "ioredis";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PostgresServer, type RedisServer, startPostgres, startRedis } from "./index.ts";

describe("servers for tests", () => {
  let postgres: PostgresServer;
  let redis: RedisServer;
  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  });
  afterAll(async () => {
    await postgres[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  });

  it("keep what was committed over a kill, at the same address", async () => {
    const url = await postgres.createDatabase();
    const one = async (statement: string) => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        return (await client.query(statement)).rows;
      } finally {
        await client.end();
      }
    };
    await one("CREATE TABLE kept AS SELECT 'needle-in-the-heap' AS word");
    await postgres.kill();
    await expect(one("SELECT 1")).rejects.toThrow();
    await postgres.start();
    expect(await one("SELECT word FROM kept")).toEqual([{ word: "needle-in-the-heap" }]);
    expect(await postgres.filesWith("needle-in-the-heap")).not.toEqual([]);
    expect(await postgres.filesWith("nobody-wrote-this")).toEqual([]);
  });

  it("say nothing while they are paused, and go on afterwards", async () => {
    const client = new Redis(redis.url, { commandTimeout: 300, lazyConnect: true, maxRetriesPerRequest: 0 });
    client.on("error", () => undefined);
    await client.connect();
    await client.set("key", "value-on-disk");
    await redis.pause();
    await expect(client.get("key")).rejects.toThrow(/timed out/);
    await redis.unpause();
    expect(await client.get("key")).toBe("value-on-disk");
    expect(await redis.filesWith("value-on-disk")).not.toEqual([]);
    client.disconnect();
  });

  // Without room for its log Postgres gives up whole: the connection ends. Before that it says what is missing.
  it("can be full", async () => {
    await using small = await startPostgres({ diskSize: "96m" });
    const client = new pg.Client({ connectionString: small.url });
    client.on("error", () => undefined);
    await client.connect();
    // 53100: disk full, whichever write met it; its own log may be what no longer fits, and then it ends.
    const filling = client.query(
      "CREATE TABLE big AS SELECT repeat(md5(i::text), 100) FROM generate_series(1, 1000000) i",
    );
    await expect(filling).rejects.toSatisfy(
      (error: Error & { code?: string }) => error.code === "53100" || /terminated/i.test(error.message),
    );
    await client.end().catch(() => undefined);
  });
});
