import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PostgresServer, type RedisServer, startPostgres, startRedis } from "../../testing/servers/index.ts";
import { DataPlane } from "./testing/data-plane.ts";
import { DEATH_STEPS, type DeathStep } from "./testing/settings.ts";

describe("a process that is killed", () => {
  let postgres: PostgresServer;
  let redis: RedisServer;
  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  });
  afterAll(async () => {
    await postgres[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  });

  const workUntil = async (step: DeathStep, env: Record<string, string>) => {
    const script = join(import.meta.dirname, "testing/dying-worker.ts");
    const child = spawn(process.execPath, [script, step], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (bytes) => {
      said += String(bytes);
    });
    const [, signal] = await once(child, "exit");
    expect(signal, said).toBe("SIGKILL");
  };

  describe.each(["Redis", "the table"])("with %s as the queue", (kind) => {
    it.each(DEATH_STEPS)("loses and repeats nothing when a worker dies %s", async (step) => {
      await using plane = await DataPlane.open(postgres, kind === "Redis" ? redis : undefined);
      const queue = plane.queue();
      await plane.accept(0, 24, queue);
      await workUntil(step, {
        DATABASE_URL: plane.url,
        ...(kind === "Redis" ? { REDIS_URL: redis.url, PREFIX: plane.prefix } : {}),
      });
      plane.worker(queue);
      await plane.expectWhole();
    });

    it("loses and repeats nothing when Postgres dies under its workers", async () => {
      await using plane = await DataPlane.open(postgres, kind === "Redis" ? redis : undefined);
      const queue = plane.queue();
      const worker = plane.worker(queue);
      plane.worker();
      await plane.accept(0, 45, queue);
      await postgres.kill();
      await postgres.start();
      await plane.accept(45, 90, queue);
      await plane.expectWhole();
      expect(worker.liveness()).toBeUndefined();
    });
  });
});
