import { spawn } from "node:child_process";
import { join } from "node:path";
import { ensureServers } from "../../e2e/harness/servers.ts";

/** Runs the benches of the data plane one after the other, each in a process of its own: all, or those named. */
const BENCHES = ["hook", "redaction", "ingest", "assessment", "dataset"] as const;

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !BENCHES.some((bench) => bench === name));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(", ")}; there are ${BENCHES.join(", ")}.`);
  process.exit(2);
}
const names = BENCHES.filter((name) => asked.length === 0 || asked.includes(name));
const servers = names.includes("ingest") ? await ensureServers() : {};
for (const name of names) {
  const code = await new Promise<number | null>((resolve) => {
    const child = spawn(
      process.execPath,
      [...process.execArgv, "--expose-gc", join(import.meta.dirname, `${name}.ts`)],
      {
        stdio: "inherit",
        env: { ...process.env, ...servers },
      },
    );
    child.on("exit", resolve);
  });
  if (code !== 0) {
    console.error(`bench ${name} ended with ${code}`);
    process.exitCode = 1;
  }
}
