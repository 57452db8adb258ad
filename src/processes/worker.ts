import { collectDefaultMetrics } from "prom-client";
import { serveHealth } from "../runtime/health.ts";
import { readLearningConfig } from "./config.ts";
import { type DataPlaneCommand, GRACE_MS, stopped } from "./learning.ts";
import { openParts } from "./parts.ts";
import { ConfigurationError, takeSecrets } from "./secrets.ts";
import { startWork } from "./work.ts";

/** Assesses interactions and does long tasks, beside other such processes. Resolves with the exit code. */
export async function runWorker({ configPath, port, env, log, signal }: DataPlaneCommand): Promise<number> {
  const config = readLearningConfig(configPath);
  if (config.database.kind === "sqlite")
    throw new ConfigurationError(
      "config.database is sqlite, whose file is one process's: `qi-learning learning` does the workers' work, too. Choose postgres for workers of their own.",
    );
  const secrets = takeSecrets(env);
  const parts = await openParts({ config, secrets, env, log });
  const work = startWork(parts, secrets.cacheUrl);
  collectDefaultMetrics({ register: parts.registry });
  const health = await serveHealth({
    port,
    registry: parts.registry,
    alive: work.liveness,
    checks: {},
  });
  log.info({ port: health.port, queue: config.queue }, "working");
  await stopped(signal);
  log.info({}, "stopping");
  await work.stop(GRACE_MS);
  await health.close();
  await parts.close();
  return 0;
}
