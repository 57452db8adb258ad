import { once } from "node:events";
import type { Logger } from "pino";
import { Agent } from "undici";
import { type Clock, type Environment, systemClock } from "../artifacts/index.ts";
import { ollamaClient } from "../ollama/index.ts";
import { readConfig, type SidecarConfig } from "./config.ts";
import { openDoor } from "./door.ts";
import { Life } from "./life.ts";
import { sidecarMetrics } from "./metrics.ts";
import { Pulse } from "./pulse.ts";
import { describe, type State } from "./state.ts";
import type { SidecarStatus } from "./status.ts";

export interface SidecarOptions {
  readonly configPath: string;
  /** AWS_* for the artifact store. */
  readonly env: Environment;
  readonly logger: Logger;
  /** Aborts on SIGTERM. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** Called once with the port it listens on. */
  readonly onListening?: (port: number) => void;
}

/** Runs until `signal` aborts and the requests in flight have ended. Rejects only for a configuration it cannot read or listen by. */
export async function runSidecar({
  configPath,
  env,
  logger,
  signal,
  clock = systemClock,
  onListening,
}: SidecarOptions) {
  const config = await readConfig(configPath);
  const metrics = sidecarMetrics(config.parallel);
  const { idleSeconds, stallSeconds } = config.health;
  const pulse = new Pulse(clock, { idleMs: idleSeconds * 1000, stallMs: stallSeconds * 1000 });
  const ollama = ollamaClient(config.ollamaUrl);
  // A prompt may be read, or a model be loaded anew, for minutes without a byte: the client's patience is the bound.
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 5_000 } });
  const now = tracker(config, clock, logger, (state) => metrics.enter(state.at));
  const life = new Life({
    config,
    env,
    ollama,
    pulse,
    clock,
    logger,
    enter: now.enter,
    onOllamaVersion: now.onOllamaVersion,
  });
  const server = openDoor({
    origin: new URL(config.ollamaUrl).origin,
    dispatcher,
    served: config,
    modelVersion: config.modelVersion.name,
    pulse,
    metrics,
    logger,
    clock,
    state: now.state,
    status: () => ({ ...now.status(), inFlight: pulse.inFlight }),
    drain: async (seconds, gone) => {
      life.drain();
      return await pulse.untilIdle(seconds * 1000, gone);
    },
  });
  server.listen(config.listen.port, config.listen.host);
  await once(server, "listening");
  const address = server.address();
  if (typeof address === "object" && address !== null) onListening?.(address.port);

  const stop = new AbortController();
  const living = life.run(stop.signal);
  try {
    await Promise.race([living, aborted(signal)]);
    life.drain();
    const drained = await pulse.untilIdle(config.drainSeconds * 1000, stop.signal);
    logger.info({ drained, inFlight: pulse.inFlight }, "ending");
  } finally {
    stop.abort(new Error("stopped"));
    server.close();
    server.closeAllConnections();
    await Promise.all([dispatcher.destroy(), ollama.close()]);
  }
  await living;
}

/** Keeps the current state, since when, and what is known beside it. */
function tracker(config: SidecarConfig, clock: Clock, logger: Logger, onEnter: (state: State) => void) {
  let state: State = { at: "Fetching" };
  let since = clock.now();
  let ollamaVersion: string | undefined;
  const status = (): Omit<SidecarStatus, "inFlight"> => ({
    ...describe(state),
    since: new Date(since).toISOString(),
    model: config.model,
    ...(ollamaVersion !== undefined && { ollamaVersion }),
    ...(state.at === "Ready" && { servedDigest: config.artifact.sha256 }),
  });
  return {
    state: () => state,
    status,
    onOllamaVersion(version: string): void {
      ollamaVersion = version;
    },
    enter(next: State): void {
      const before = describe(state);
      const after = describe(next);
      state = next;
      onEnter(next);
      if (before.state === after.state && before.reason === after.reason) return;
      since = clock.now();
      logger.info({ model: config.model, state: after.state, reason: after.reason }, after.message);
    },
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}
