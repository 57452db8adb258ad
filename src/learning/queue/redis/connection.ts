import { Redis } from "ioredis";
import type { Milliseconds } from "../../../kube/clock.ts";
import type { Log } from "../../../kube/log.ts";
import { errorCode } from "../error-code.ts";

export interface RedisOptions {
  readonly url: string;
  /** What the connection is for; its name in `CLIENT LIST`, in logs and metrics. */
  readonly role: string;
  readonly log: Log;
  /** A server that owes an answer and has sent nothing for so long is taken for dead: half-open TCP gives no error. */
  readonly silenceMs: Milliseconds;
  readonly onUp?: (up: boolean) => void;
}

const RECONNECT = { base: 50, cap: 2000 };

/**
 * A connection that fails fast and comes back by itself. Nothing is queued while it is away and nothing is sent twice:
 * whoever asked is told, and knows better than a client library what to repeat.
 */
export function connectRedis({ url, role, log, silenceMs, onUp }: RedisOptions): Redis {
  let demoted = false;
  const client = new Redis(url, {
    protocol: 2,
    connectionName: `qi-learning-${role}`,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // Otherwise commands whose connection broke would neither be sent again nor ever end.
    maxRetriesPerRequest: 0,
    connectTimeout: 5000,
    socketTimeout: silenceMs,
    keepAlive: 10_000,
    retryStrategy: (times) => Math.round(Math.min(RECONNECT.cap, RECONNECT.base * 2 ** Math.min(times, 10))),
    // A primary that became a replica: the name may lead to the new primary by now. Once is enough for all that failed.
    reconnectOnError: (error) => {
      if (demoted || !error.message.startsWith("READONLY")) return false;
      demoted = true;
      return true;
    },
  });
  let up: boolean | undefined;
  const become = (now: boolean, fields: object) => {
    if (up === now) return;
    up = now;
    onUp?.(now);
    if (now) log.info({ role }, "connected to Redis");
    else log.warn({ role, ...fields }, "lost Redis; reconnecting");
  };
  client.on("ready", () => {
    demoted = false;
    become(true, {});
  });
  client.on("error", (error) => become(false, { code: errorCode(error) }));
  client.on("close", () => become(false, {}));
  onUp?.(false);
  return client;
}

/** First word of what Redis answered (`NOGROUP`, `LOADING`, `OOM`), else the error's own code. */
export function redisCode(error: unknown): string {
  if (error instanceof Error && error.name === "ReplyError") return /^[A-Z]+/.exec(error.message)?.[0] ?? "ReplyError";
  return errorCode(error);
}

/** The eviction policy, or undefined where the server does not tell. */
export async function evictionPolicy(client: Redis): Promise<string | undefined> {
  return /^maxmemory_policy:(\S+)/m.exec(await client.info("memory"))?.[1];
}
