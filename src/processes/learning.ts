import type { Logger } from "../runtime/logging.ts";
import { startApi } from "./api.ts";
import { readLearningConfig } from "./config.ts";
import { openParts } from "./parts.ts";
import { takeSecrets } from "./secrets.ts";
import { startWork } from "./work.ts";

export interface DataPlaneCommand {
  readonly configPath: string;
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  /** Aborts when the process is told to stop. */
  readonly signal: AbortSignal;
}

/** A pod has 40 s to end: this much for what is under way, the rest for closing. */
export const GRACE_MS = 25_000;

/** The learning API. Where the database is SQLite, which is one process's, with its workers. Resolves with the exit code. */
export async function runLearning({ configPath, port, env, log, signal }: DataPlaneCommand): Promise<number> {
  const config = readLearningConfig(configPath);
  const secrets = takeSecrets(env);
  const parts = await openParts({ config, secrets, env, log });
  const work = config.database.kind === "sqlite" ? startWork(parts, secrets.cacheUrl) : undefined;
  const { adminKey } = secrets;
  const api = await startApi(parts, { host: "0.0.0.0", port, cookie: "secure", adminKey });
  log.info({ port, database: config.database.kind, queue: config.queue, workers: work !== undefined }, "listening");
  await stopped(signal);
  log.info({}, "stopping");
  await api.close();
  await work?.stop(GRACE_MS);
  await parts.close();
  return 0;
}

export function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
