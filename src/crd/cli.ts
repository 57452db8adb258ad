import { mkdir, readFile, writeFile } from "node:fs/promises";
import { files } from "./files.ts";

/** `npm run crds` writes the three CRDs; `npm run crds -- --check` exits 1 when what is committed differs. */
const check = process.argv.includes("--check");
const root = new URL("../../", import.meta.url);
let stale = 0;

for (const { path, text } of files()) {
  const committed = await readFile(new URL(path, root), "utf8").catch(() => "");
  if (committed === text) continue;
  if (check) {
    console.error(`${path} differs from what src/api says`);
    stale++;
    continue;
  }
  await mkdir(new URL(`${path}/..`, root), { recursive: true });
  await writeFile(new URL(path, root), text);
  console.log(`wrote ${path}`);
}
if (stale > 0) {
  console.error("Run `npm run crds` and commit the result.");
  process.exitCode = 1;
}
