import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Totals, vitestTotals } from "./totals.ts";

const root = join(import.meta.dirname, "../..");

/** Runs one project of vitest.config.ts, showing what it prints, and answers its totals. */
export async function runVitest(
  project: string,
  report: string,
  env: Readonly<Record<string, string>>,
): Promise<Totals> {
  // Scenarios take minutes each: every one is told of when it ends.
  const shown = project === "scenarios" ? "verbose" : "default";
  const reporters = [`--reporter=${shown}`, "--reporter=json", `--outputFile.json=${report}`];
  const child = spawn(join(root, "node_modules/.bin/vitest"), ["run", "--project", project, ...reporters], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  await once(child, "close");
  return vitestTotals(JSON.parse(readFileSync(report, "utf8")));
}
