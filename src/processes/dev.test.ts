import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const AGENT = new URL("../hook/examples/quick-start.ts", import.meta.url).pathname;

let folder: string;
let running: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "qi-dev-"));
});
afterEach(async () => {
  if (running !== undefined && running.exitCode === null) {
    running.kill("SIGKILL");
    await once(running, "exit");
  }
  rmSync(folder, { recursive: true, force: true });
});

/** What `qi-learning dev` says of itself once it answers. */
async function dev(...flags: string[]): Promise<{ url: string; key: string; servedModel: string }> {
  const child = spawn(process.execPath, [MAIN, "dev", "--folder", join(folder, "home"), "--port", "0", ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  running = child;
  const said = new Map<string, string>();
  for await (const line of createInterface({ input: child.stdout })) {
    const [, name, value] = /^(.*\S) {2,}(\S+)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) said.set(name, value);
    if (line.startsWith("Stop it")) break;
  }
  const told = (name: string) => said.get(name) ?? "";
  return { url: told("The learning API answers at"), key: told("API key"), servedModel: told("Served model") };
}

async function ended(): Promise<number | null> {
  running?.kill("SIGTERM");
  if (running !== undefined && running.exitCode === null) await once(running, "exit");
  return running?.exitCode ?? null;
}

async function scored(url: string, key: string, id: string): Promise<object> {
  for (;;) {
    const answer = await fetch(`${url}/v1/interactions/${id}`, { headers: { authorization: `Bearer ${key}` } });
    const body: { assessment?: object } = JSON.parse(await answer.text());
    if (body.assessment !== undefined) return body.assessment;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("one command is all of the data plane: what an agent sends is scored, and is still there after a restart", async () => {
  const { url, key, servedModel } = await dev();
  const env = { ...process.env, LEARNING_URL: url, LEARNING_API_KEY: key, SERVED_MODEL: servedModel };
  const { stdout } = await promisify(execFile)(process.execPath, [AGENT], { env });
  const id = stdout.slice(0, 36);
  expect(await scored(url, key, id)).toMatchObject({ overall: expect.any(Number) });
  expect(await ended()).toBe(0);

  const again = await dev();
  expect(again.key).toBe(key);
  expect(await scored(again.url, key, id)).toMatchObject({ overall: expect.any(Number) });
  expect(await ended()).toBe(0);
}, 60_000);

test("it works by a QualityPolicy of one's own, and refuses what is none by naming the field", async () => {
  const file = join(folder, "policy.yaml");
  const policy = (spec: string) => `kind: QualityPolicy\nmetadata: { name: mine }\nspec:\n${spec}`;
  writeFileSync(file, policy("  baseModel: { uri: s3://models/b }\n  servedModel: my-model\n"));
  expect(await dev("--policy", file)).toMatchObject({ servedModel: "my-model" });
  expect(await ended()).toBe(0);

  writeFileSync(file, policy("  baseModel: { uri: s3://models/b }\n  servedModel: my-model\n  mode: Perhaps\n"));
  const refused = promisify(execFile)(process.execPath, [MAIN, "dev", "--policy", file, "--folder", folder]);
  await expect(refused).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("mode") });
}, 60_000);
