import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../testing/free-port.ts";

/** A real `ollama serve` of a test, with its folders below one of the test's own. */
export interface OllamaProcess extends AsyncDisposable {
  readonly url: string;
  readonly modelsDir: string;
  start(): Promise<void>;
  /** SIGKILL to `ollama serve` and to the engine that it started, which it cannot take along itself. */
  kill(): Promise<void>;
  /** Process ids of the engine (llama-server). */
  engines(): Promise<number[]>;
}

/**
 * QI_OLLAMA_BINARY names `ollama`; QI_LLAMA_SERVER_BINARY `llama-server`, if it does not lie
 * where ollama looks for it (../lib/ollama beside the folder of ollama).
 */
export async function startOllama(dir: string, env: Record<string, string> = {}): Promise<OllamaProcess> {
  const binary = await assembled(dir);
  const modelsDir = join(dir, "models");
  const home = join(dir, "home");
  await mkdir(modelsDir, { recursive: true });
  await mkdir(home, { recursive: true });
  const host = `127.0.0.1:${await freePort()}`;
  const url = `http://${host}`;
  let child: ChildProcess | undefined;
  const ollama: OllamaProcess = {
    url,
    modelsDir,
    async start() {
      const settings = {
        OLLAMA_HOST: host,
        OLLAMA_MODELS: modelsDir,
        HOME: home,
        OLLAMA_NO_CLOUD: "1",
        OLLAMA_NOPRUNE: "1",
      };
      child = spawn(binary, ["serve"], { stdio: "ignore", env: { OLLAMA_KEEP_ALIVE: "-1", ...settings, ...env } });
      for (let i = 0; i < 400; i++) {
        if (
          await fetch(`${url}/api/version`).then(
            (answer) => answer.ok,
            () => false,
          )
        )
          return;
        await sleep(25);
      }
      throw new Error(`${binary} serve did not answer at ${url} within 10 s`);
    },
    async kill() {
      const dying = child;
      child = undefined;
      if (dying === undefined || dying.exitCode !== null) return;
      dying.kill("SIGSTOP"); // whatever it is in the middle of, it does not finish while we look for its engine
      const engines = await childrenOf(dying.pid ?? 0);
      const gone = new Promise((resolve) => dying.once("exit", resolve));
      dying.kill("SIGKILL");
      for (const pid of engines) if (existsSync(`/proc/${pid}`)) process.kill(pid, "SIGKILL");
      await gone;
    },
    engines: () => childrenOf(child?.pid ?? 0),
    [Symbol.asyncDispose]: () => ollama.kill(),
  };
  await ollama.start();
  return ollama;
}

async function assembled(dir: string): Promise<string> {
  const binary = required("QI_OLLAMA_BINARY", "the ollama v0.34.4 binary");
  if (existsSync(join(dirname(binary), "..", "lib", "ollama", "llama-server"))) return binary;
  const engine = required("QI_LLAMA_SERVER_BINARY", "the llama-server binary that Ollama 0.34 runs models with");
  const copy = join(dir, "bin", "ollama");
  if (existsSync(copy)) return copy;
  await mkdir(join(dir, "bin"), { recursive: true });
  await mkdir(join(dir, "lib", "ollama"), { recursive: true });
  await symlink(engine, join(dir, "lib", "ollama", "llama-server"));
  await copyFile(binary, copy); // ollama resolves a link to itself before it looks around
  return copy;
}

function required(variable: string, what: string): string {
  const path = process.env[variable];
  if (path === undefined || path === "") throw new Error(`${variable} must name ${what}; it is not set.`);
  if (!existsSync(path)) throw new Error(`${variable} must name ${what}; ${path} does not exist.`);
  return path;
}

async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^[0-9]+$/.test(name)).map(Number);
  const found: number[] = [];
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    if (Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === parent) found.push(pid);
  }
  return found;
}
