import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../testing/free-port.ts";

/** A real S3 server (versitygw over a folder) for tests. */
export interface Versitygw extends AsyncDisposable {
  readonly env: Record<string, string>;
  /** Where it keeps the buckets, to damage an object behind its back. */
  readonly folder: string;
  /** Kills it without warning. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

export function requiredBinary(variable: string, what: string): string {
  const path = process.env[variable];
  if (path === undefined || !existsSync(path)) {
    throw new Error(
      `${variable} must name ${what}; it is ${path === undefined ? "not set" : `${path}, which does not exist`}.`,
    );
  }
  return path;
}

/** Starts it over `dir` with the buckets given. */
export async function startVersitygw(dir: string, ...buckets: string[]): Promise<Versitygw> {
  const binary = requiredBinary("QI_VERSITYGW_BINARY", "the versitygw v1.8.0 binary");
  const folder = join(dir, "s3");
  for (const bucket of buckets) await mkdir(join(folder, bucket), { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const server: Versitygw = {
    folder,
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: "test-key-id",
      AWS_SECRET_ACCESS_KEY: "test-secret",
      AWS_REGION: "us-east-1",
    },
    async start() {
      child = spawn(binary, ["--quiet", "--port", `127.0.0.1:${port}`, "posix", folder], {
        stdio: "ignore",
        env: { ROOT_ACCESS_KEY: "test-key-id", ROOT_SECRET_KEY: "test-secret" },
      });
      for (let i = 0; i < 200; i++) {
        if (
          await fetch(url).then(
            () => true,
            () => false,
          )
        )
          return;
        await sleep(25);
      }
      throw new Error(`${binary} did not answer at ${url} within 5 s`);
    },
    async kill() {
      const dying = child;
      child = undefined;
      if (dying === undefined || dying.exitCode !== null) return;
      const gone = new Promise((resolve) => dying.once("exit", resolve));
      dying.kill("SIGKILL");
      await gone;
    },
    [Symbol.asyncDispose]: () => server.kill(),
  };
  await server.start();
  return server;
}
