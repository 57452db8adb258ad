import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { pino } from "pino";
import type { Clock, Environment } from "../../artifacts/index.ts";
import { runSidecar } from "../run.ts";
import { type SidecarStatus, sidecarStatus } from "../status.ts";

/** A sidecar running in the test's process, its folders below the test's own. */
export interface SidecarUnderTest extends AsyncDisposable {
  readonly url: string;
  /** Everything it logged. */
  readonly log: string[];
  status(): Promise<SidecarStatus>;
  /** The first status that is in `state`; fails with the last one after ten seconds. */
  reaches(state: SidecarStatus["state"], reason?: SidecarStatus["reason"]): Promise<SidecarStatus>;
  post(path: string, body: unknown, init?: RequestInit): Promise<Response>;
  /** What SIGTERM does. Resolves when it has ended. */
  stop(): Promise<void>;
}

export interface Setup {
  readonly ollamaUrl: string;
  readonly modelsDir: string;
  readonly artifact: Buffer;
  /** What the store has under the artifact's name; the artifact itself if not given, nothing if null. */
  readonly stored?: Buffer | null;
  readonly uri?: string;
  readonly template?: string | undefined;
  readonly parameters?: Record<string, unknown>;
  readonly health?: Record<string, number>;
  readonly env?: Environment;
  readonly clock?: Clock;
}

export const MODEL = "coder-9c41d7aa";
export const TEMPLATE =
  "{{ range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n";

export async function startSidecar(dir: string, setup: Setup): Promise<SidecarUnderTest> {
  const sha256 = createHash("sha256").update(setup.artifact).digest("hex");
  const file = join(dir, "store", sha256);
  await mkdir(join(dir, "store"), { recursive: true });
  if (setup.stored !== null) await writeFile(file, setup.stored ?? setup.artifact);
  const config = {
    modelVersion: { namespace: "learning", name: MODEL, uid: "u-1" },
    model: MODEL,
    aliases: ["qi-coder"],
    artifact: {
      uri: setup.uri ?? pathToFileURL(file).href,
      sha256,
      format: "GGUF",
      quantization: "F32",
      template: setup.template ?? TEMPLATE,
      parameters: setup.parameters ?? { temperature: 0 },
    },
    contextLength: 4096,
    parallel: 2,
    ollamaUrl: setup.ollamaUrl,
    modelsDir: setup.modelsDir,
    workDir: join(dir, "work"),
    listen: { host: "127.0.0.1", port: 0 },
    health: setup.health ?? {},
    drainSeconds: 5,
  };
  const configPath = join(dir, "sidecar.json");
  await writeFile(configPath, JSON.stringify(config));
  const log: string[] = [];
  const logger = pino({ level: "trace" }, { write: (line: string) => void log.push(line) });
  const stop = new AbortController();
  let ended: Promise<void> = Promise.resolve();
  const port = await new Promise<number>((resolve, reject) => {
    const { env = {}, clock } = setup;
    const options = { configPath, env, logger, signal: stop.signal, onListening: resolve, ...(clock && { clock }) };
    ended = runSidecar(options);
    ended.catch(reject);
  });
  const url = `http://127.0.0.1:${port}`;
  const sidecar: SidecarUnderTest = {
    url,
    log,
    status: async () => sidecarStatus.parse(await (await fetch(`${url}/status`)).json()),
    async reaches(state, reason) {
      for (let i = 0; i < 1000; i++) {
        const status = await sidecar.status();
        if (status.state === state && (reason === undefined || status.reason === reason)) return status;
        await sleep(10);
      }
      throw new Error(`never ${state} ${reason ?? ""}: ${JSON.stringify(await sidecar.status())}`);
    },
    post: (path, body, init = {}) =>
      fetch(url + path, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body), ...init }),
    async stop() {
      stop.abort();
      await ended;
    },
    [Symbol.asyncDispose]: () => sidecar.stop(),
  };
  return sidecar;
}
