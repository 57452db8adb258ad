import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { buildHook } from "./testing/build.ts";
import { Collector } from "./testing/collector.ts";
import { plainAgent } from "./testing/plain-agent.ts";

test("as built, it works on the oldest Node that the package promises", async () => {
  const node = process.env.QI_NODE20_BINARY;
  if (node === undefined) throw new Error("QI_NODE20_BINARY must name a node of version 20");
  await using api = await Collector.start();
  const folder = await mkdtemp(join(tmpdir(), "hook-"));
  try {
    await buildHook(folder);
    await writeFile(join(folder, "package.json"), '{"type":"module"}');
    await writeFile(join(folder, "agent.js"), plainAgent(api.url));
    const { stdout, stderr } = await promisify(execFile)(node, [join(folder, "agent.js")], { cwd: folder });
    expect(JSON.parse(stdout)).toMatchObject({ whole: true, sent: 2, node: expect.stringMatching(/^v20\./) });
    expect(stderr).toBe("");
    expect(api.stored.size).toBe(2);
  } finally {
    await rm(folder, { recursive: true });
  }
});
