import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const ROOT = resolve(import.meta.dirname, "../../..");

/** The hook as a package would hold it: JavaScript and types under `folder`, the entry at `src/hook/index.js`. */
export async function buildHook(folder: string): Promise<void> {
  const config = join(folder, "tsconfig.json");
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    rootDir: ROOT,
    outDir: folder,
    typeRoots: [join(ROOT, "node_modules/@types")],
  };
  const files = [join(ROOT, "src/hook/index.ts")];
  await writeFile(
    config,
    JSON.stringify({ extends: join(ROOT, "tsconfig.json"), compilerOptions, files, include: [] }),
  );
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  await promisify(execFile)(process.execPath, [tsc, "-p", config], { cwd: ROOT });
}
