import { join } from "node:path";
import { cacheDir } from "../e2e/cluster/paths.ts";
import { attempt } from "../e2e/cluster/shell.ts";
import { ensureRuff, PYTHON } from "./python.ts";

/** The inner loop: types, lint, generated files, unit tests. Two at a time, since two cores are what there is at least. */
const root = join(import.meta.dirname, "..");
const bin = (name: string) => join(root, "node_modules/.bin", name);

type Check = readonly [name: string, command: string, ...args: string[]];

/** `report`: where the unit tests' JSON report goes, for whoever counts. */
export async function check(report?: string): Promise<boolean> {
  const ruff = await ensureRuff();
  const json = report === undefined ? [] : ["--reporter=json", `--outputFile.json=${report}`];
  const queue: Check[] = [
    ["unit tests", bin("vitest"), "run", "--project", "unit", "--reporter=dot", ...json],
    ["types", bin("tsc"), "--noEmit", "--project", "."],
    ["types of the review page", bin("tsc"), "--noEmit", "--project", "src/learning/review/page"],
    ["lint: imports, cycles, promises", bin("oxlint"), "--type-aware", "src", "controllers", "scripts", "e2e", "bench"],
    ["lint: style and format", bin("biome"), "check", "."],
    ["generated CRDs", process.execPath, "src/crd/cli.ts", "--check"],
    ["Python: lint", ruff, "check", ...PYTHON],
    ["Python: format", ruff, "format", "--check", ...PYTHON],
  ];
  const results: boolean[] = [];
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) results.push(await one(next));
  };
  await Promise.all([worker(), worker()]);
  return results.every((passed) => passed);
}

async function one([name, command, ...args]: Check): Promise<boolean> {
  const startedAt = Date.now();
  const { code, stdout, stderr } = await attempt(command, args, {
    cwd: root,
    env: {
      // Colours are for terminals; this is kept and printed when something failed.
      NO_COLOR: "1",
      FORCE_COLOR: undefined,
      // Tests start processes and threads by the dozen, each of which would strip and compile the same TypeScript.
      NODE_COMPILE_CACHE: join(cacheDir, "node-compile"),
    },
  });
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  console.log(`${code === 0 ? "passed" : "FAILED"}  ${name} (${seconds} s)`);
  if (code !== 0) console.log(`${stdout}\n${stderr}`);
  return code === 0;
}

if (import.meta.main) process.exitCode = (await check()) ? 0 : 1;
