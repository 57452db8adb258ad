import { type Server, startServer } from "./container.ts";

export interface RedisServer extends Server {
  readonly url: string;
  /** Files under the data folder that contain `needle`. */
  filesWith(needle: string): Promise<readonly string[]>;
}

/** A real Redis 7.0, append-only and never evicting, as the queue's has to be. */
export async function startRedis(...settings: readonly string[]): Promise<RedisServer> {
  const server = await startServer({
    image: "QI_REDIS_IMAGE",
    port: 6379,
    ready: [/Ready to accept connections/, 1],
    command: settings,
  });
  return {
    ...server,
    url: `redis://${server.host}:${server.port}`,
    filesWith: async (needle) => {
      const found = await server.exec(["sh", "-c", `grep -rlaF -e '${needle.replaceAll("'", "'\\''")}' /data || true`]);
      return found.split("\n").filter((line) => line !== "");
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
