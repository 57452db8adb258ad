import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../cluster/shell.ts";

const root = join(import.meta.dirname, "../..");

/** What stands beside the built JavaScript: the prompt template, the review page's files. */
export const ASSETS = ["trainer-image/trainer/templates", "src/learning/review/page"];

const isServed = (path: string) => !/\.ts$|\.md$|tsconfig\.json$/.test(path);

/** Builds the JavaScript of all processes and of the hook, with declarations, and puts beside it what it reads. */
export async function buildDist(dist: string): Promise<void> {
  rmSync(dist, { recursive: true, force: true });
  await run(join(root, "node_modules/.bin/tsc"), ["--project", join(root, "tsconfig.build.json"), "--outDir", dist]);
  for (const asset of ASSETS) cpSync(join(root, asset), join(dist, asset), { recursive: true, filter: isServed });
  cpSync(join(root, "package.json"), join(dist, "package.json"));
}
