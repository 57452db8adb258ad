import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../e2e/cluster/paths.ts";
import { run } from "../e2e/cluster/shell.ts";
import { buildDist } from "../e2e/harness/dist.ts";

/** Makes the npm package: `qi-learning` the command, `qi-learning/hook` the library an agent embeds. Prints its path. */
const root = join(import.meta.dirname, "..");
const folder = join(cacheDir, "build", "package");

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
await buildDist(join(folder, "dist"));
const { name, version, description, license, dependencies } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
) as Manifest;
const manifest = {
  ...{ name, version, description, license },
  type: "module",
  // The hook runs on 20; the command needs 24, for node:sqlite, and says so.
  engines: { node: ">=20" },
  bin: { "qi-learning": "./dist/qi-learning.js" },
  exports: { "./hook": { types: "./dist/src/hook/index.d.ts", default: "./dist/src/hook/index.js" } },
  files: ["dist"],
  dependencies,
};
writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
writeFileSync(join(folder, "dist", "qi-learning.js"), '#!/usr/bin/env node\nimport "./src/main.js";\n', {
  mode: 0o755,
});
for (const file of ["LICENSE", "README.md"]) cpSync(join(root, file), join(folder, file));
const packed = await run("npm", ["pack", "--silent", "--pack-destination", join(cacheDir, "build")], { cwd: folder });
console.log(join(cacheDir, "build", packed.trim()));
