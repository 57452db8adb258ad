import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { buildHook } from "./testing/build.ts";
import { Collector } from "./testing/collector.ts";
import { plainAgent } from "./testing/plain-agent.ts";

const FOLDER = new URL(".", import.meta.url).pathname;
/** What is left of an import once types are gone. */
const IMPORT = /^(?:import|export) (?!type )[^;]*? from "([^"]+)";$/gms;

test("the hook loads nothing but itself and Node's own modules", async () => {
  const files = (await readdir(FOLDER, { recursive: true })).filter(
    (name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !/^(testing|examples)\//.test(name),
  );
  const strangers: string[] = [];
  for (const file of files) {
    const text = await readFile(join(FOLDER, file), "utf8");
    for (const [, from = ""] of text.matchAll(IMPORT))
      if (!/^(node:|\.\/[^.]|\.\.\/(?!api)[a-z-]+\.ts)/.test(from)) strangers.push(`${file}: ${from}`);
  }
  expect(files.length).toBeGreaterThan(20);
  expect(strangers).toEqual([]);
});

test("as built, it loads in plain node with no packages at hand, and its types need none but Node's and the schemas'", async () => {
  await using api = await Collector.start();
  const folder = await mkdtemp(join(tmpdir(), "hook-"));
  try {
    await buildHook(folder);
    await writeFile(join(folder, "package.json"), '{"type":"module"}');
    await writeFile(join(folder, "agent.js"), plainAgent(api.url));
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "agent.js")], { cwd: folder });
    expect(JSON.parse(stdout)).toMatchObject({ whole: true, sent: 2 });
    expect(api.stored.size).toBe(2);
    expect(await readFile(join(folder, "src/hook/index.d.ts"), "utf8")).toContain("createHook");
  } finally {
    await rm(folder, { recursive: true });
  }
}, 60_000);
