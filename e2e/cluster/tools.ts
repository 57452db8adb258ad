/**
 * The programs the testbed runs, each made once and kept under the cache.
 *
 * They come from source, as Go modules or a PyPI source package, so that nobody has to trust a binary. Half an hour
 * of building is saved where QI_TOOLS_CACHE names a folder of ready ones: those are taken only when their sha256
 * stands in tools.sha256 beside this file.
 */
import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checksums, parseChecksums, sha256, verifyChecksum } from "./checksums.ts";
import { withLock } from "./lock.ts";
import { ensurePackages } from "./packages.ts";
import { madeDir, toolsDir } from "./paths.ts";
import { progress, run } from "./shell.ts";
import { buildFromSource, inputsOf, type ToolName, versions } from "./sources.ts";

/** Answers the path of a tool's program, after making it if need be. */
export async function ensureTool(name: ToolName): Promise<string> {
  const folder = join(madeDir(toolsDir), [name, versions[name], ...inputsOf(name)].join("-"));
  const program = join(folder, name);
  if (!existsSync(program)) await withLock(`tool-${name}`, () => make(name, folder));
  return program;
}

async function make(name: ToolName, folder: string): Promise<void> {
  if (existsSync(join(folder, name))) return; // another process made it while we waited for the lock
  const scratch = mkdtempSync(join(toolsDir, `making-${name}-`));
  try {
    if (!(await takeReadyMade(name, join(scratch, name)))) {
      const log = join(toolsDir, `${name}.log`);
      progress(`Building ${name} ${versions[name]} from source (once; log: ${log}) …`);
      await buildFromSource(name, { output: join(scratch, name), scratch: madeDir(join(scratch, "build")), log });
      rmSync(join(scratch, "build"), { recursive: true, force: true });
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(scratch, folder); // whole or not at all: a build cut off leaves nothing that looks finished
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function takeReadyMade(name: ToolName, output: string): Promise<boolean> {
  const cache = process.env.QI_TOOLS_CACHE;
  if (cache === undefined || cache === "") return false;
  const file = `${name}-${versions[name]}-linux-amd64.xz`;
  const archive = join(cache, file);
  if (!existsSync(archive)) return false;
  verifyChecksum(file, await sha256(archive), parseChecksums(readFileSync(checksums, "utf8")));
  await ensurePackages(["xz-utils"]);
  await run("sh", ["-c", 'xz -dc "$1" > "$2"', "sh", archive, output]);
  chmodSync(output, 0o755);
  return true;
}
