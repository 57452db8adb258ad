// Runs a TypeScript script of this repository on a machine that may have nothing but Node ≥ 20:
// installs the locked dependencies when they are missing or outdated, then hands over to the Node
// version that the lock file names (it runs TypeScript as it is).
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [script, ...args] = process.argv.slice(2);
if (script === undefined) {
  console.error("usage: node scripts/bootstrap.mjs SCRIPT [ARGUMENT...]");
  process.exit(2);
}
const major = Number(process.versions.node.split(".")[0]);
if (major < 20) {
  console.error(
    `Node ${process.versions.node} is too old: install Node 20 or newer from https://nodejs.org or your distribution.`,
  );
  process.exit(1);
}

const lock = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
const stamp = join(root, "node_modules", ".installed-lock");
const installed = existsSync(stamp) && readFileSync(stamp, "utf8") === lock;
if (!installed) {
  console.error("Installing the locked npm packages …");
  const npm = spawnSync("npm", ["ci", "--no-fund", "--no-audit", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (npm.status !== 0) {
    console.error("npm ci failed: see its message above. The package registry must be reachable the first time.");
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

const node = join(root, "node_modules", "node", "bin", "node");
if (!existsSync(node)) {
  console.error(
    `${node} is missing although npm ci ran: the npm package "node" installs it with an install script; allow install scripts (npm config get ignore-scripts) and remove node_modules.`,
  );
  process.exit(1);
}
const run = spawnSync(node, ["--disable-warning=ExperimentalWarning", join(root, script), ...args], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, PATH: `${dirname(node)}:${join(root, "node_modules", ".bin")}:${process.env.PATH}` },
});
process.exit(run.status ?? 1);
