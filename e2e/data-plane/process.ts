import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { freePort } from "../../src/testing/free-port.ts";
import { until } from "../../src/testing/servers/index.ts";

const main = join(import.meta.dirname, "../../src/main.ts");

export interface ProcessOptions {
  readonly command: "learning" | "worker" | "dev";
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** One process of the data plane as users run it, which can be killed and started again on the same port. */
export class DataPlaneProcess implements AsyncDisposable {
  readonly #options: ProcessOptions;
  readonly port: number;
  #child: ChildProcess | undefined;
  /** All it ever wrote, over all its lives. */
  output = "";

  private constructor(options: ProcessOptions, port: number) {
    this.#options = options;
    this.port = port;
  }

  static async start(options: ProcessOptions): Promise<DataPlaneProcess> {
    const started = new DataPlaneProcess(options, await freePort());
    started.spawn();
    await started.ready();
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** `more`: of the environment, for this life. */
  spawn(more: Readonly<Record<string, string>> = {}): void {
    const { command, args, env } = this.#options;
    const child = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", main, command, ...args, "--port", String(this.port)],
      { env: { PATH: process.env.PATH ?? "", ...env, ...more }, stdio: ["ignore", "pipe", "pipe"] },
    );
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => {
        this.output += chunk;
      });
    this.#child = child;
  }

  /** Resolves once it says that it is ready; rejects with what it wrote when it ends instead. */
  async ready(milliseconds = 30_000): Promise<void> {
    await until(async () => {
      if (this.#child?.exitCode !== null)
        throw new Error(`${this.#options.command} has ended:\n${this.output.slice(-2000)}`);
      const { status } = await fetch(`${this.url}/readyz`);
      if (status !== 200) throw new Error(`${this.#options.command} answers ${status} to /readyz`);
    }, milliseconds);
  }

  /** SIGKILL; resolves once it is gone. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** SIGTERM, as Kubernetes says it; answers the exit code. */
  async stop(): Promise<number | null> {
    await this.#end("SIGTERM");
    return this.#child?.exitCode ?? null;
  }

  async #end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
