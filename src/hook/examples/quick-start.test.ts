import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { Collector } from "../testing/collector.ts";

const AGENT = new URL("quick-start.ts", import.meta.url).pathname;

test("the quick start runs as it stands, and all of it is stored", async () => {
  await using api = await Collector.start();
  const env = { ...process.env, LEARNING_URL: api.url, LEARNING_API_KEY: "key" };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [AGENT], { env });
  expect(stdout).toMatch(/^[0-9a-f-]{36}: 5 sent, 0 dropped\n$/);
  expect(stderr).toBe("");
  expect(api.stored.size).toBe(5);
}, 60_000);
