import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const AGENT = new URL("testing/streaming-agent.ts", import.meta.url).pathname;

test("answers that streamed in take no more memory than is counted for them", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", AGENT]);
  const { grown, queued, queuedBytes } = JSON.parse(stdout);
  expect(queued).toBe(1001);
  expect(grown).toBeLessThan(queuedBytes);
}, 60_000);
