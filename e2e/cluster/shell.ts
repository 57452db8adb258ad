/** Running other programs: one way to do it, with errors that say what was tried and what it answered. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** A file that takes stdout and stderr of a long build; the error names it. */
  readonly log?: string;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program and answers what it printed, whatever its exit code. A program that is missing is exit code 127. */
export async function attempt(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const log = options.log === undefined ? undefined : openSync(options.log, "a");
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["pipe", log ?? "pipe", log ?? "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin?.on("error", () => undefined); // a program may exit without reading its input
  child.stdin?.end(options.input ?? "");
  try {
    const [code] = (await once(child, "close")) as [number | null];
    return { code: code ?? 1, stdout, stderr };
  } catch (error) {
    return { code: 127, stdout, stderr: String(error) };
  } finally {
    if (log !== undefined) closeSync(log);
  }
}

/** Runs a program and answers its stdout; throws with its last words when it fails. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await attempt(command, args, options);
  if (result.code === 0) return result.stdout;
  const words = options.log === undefined ? lastLines(result.stderr || result.stdout) : `see ${options.log}`;
  throw new Error(`${command} ${args.slice(0, 6).join(" ")} failed (exit ${result.code}): ${words}`);
}

export function lastLines(text: string, count = 12): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}

/** One line on stderr for what may take longer than two seconds; stdout stays for answers. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Asks `ready` again and again until it answers true; throws after `seconds`, naming what was awaited. */
export async function waitUntil(what: string, seconds: number, ready: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await ready())) {
    if (Date.now() > deadline) throw new Error(`${what}: not so after ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
