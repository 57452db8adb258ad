import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensurePackages } from "../e2e/cluster/packages.ts";
import { cacheDir } from "../e2e/cluster/paths.ts";
import { attempt, progress, run } from "../e2e/cluster/shell.ts";

const lock = join(import.meta.dirname, "../trainer-image/requirements-dev.lock");

/** What ruff looks at. */
export const PYTHON = ["trainer-image", "e2e/data"] as const;

/** ruff, as the lock file names it, in an environment of its own. */
export async function ensureRuff(): Promise<string> {
  const folder = await installed("ruff", (name) => name === "ruff", "venv");
  return join(folder, "bin", "ruff");
}

/** A folder with pytest and what it needs, for a Python that has everything else: the training image's. */
export function ensurePytest(): Promise<string> {
  return installed("pytest", (name) => name !== "ruff", "target");
}

/** Installs the chosen packages of the lock file once, with their hashes checked. */
async function installed(name: string, chosen: (name: string) => boolean, kind: "venv" | "target"): Promise<string> {
  const wanted = entries(readFileSync(lock, "utf8")).filter((entry) =>
    chosen(/^[A-Za-z0-9_.-]+/.exec(entry)?.[0] ?? ""),
  );
  const requirements = `${wanted.join("\n")}\n`;
  const folder = join(
    cacheDir,
    "python",
    `${name}-${createHash("sha256").update(requirements).digest("hex").slice(0, 12)}`,
  );
  if (existsSync(join(folder, ".complete"))) return folder;
  progress(`Installing ${name} …`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const list = join(folder, "requirements.txt");
  writeFileSync(list, requirements);
  if (kind === "venv") await virtualEnvironment(folder);
  const python = kind === "venv" ? join(folder, "bin", "python") : await pipPython();
  const where = kind === "venv" ? [] : ["--target", folder];
  await run(python, [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--no-deps",
    "--require-hashes",
    "--requirement",
    list,
    ...where,
  ]);
  renameSync(list, join(folder, ".complete"));
  return folder;
}

async function virtualEnvironment(folder: string): Promise<void> {
  if ((await attempt("python3", ["-m", "venv", folder])).code === 0) return;
  // Debian ships venv apart from Python.
  await ensurePackages(["python3-venv"]);
  await run("python3", ["-m", "venv", folder]);
}

/** A Python with pip: Debian's has none, an environment always has. */
async function pipPython(): Promise<string> {
  return join(await installed("ruff", (name) => name === "ruff", "venv"), "bin", "python");
}

/** The requirements of a lock file, each with its continuation lines. */
export function entries(text: string): string[] {
  const lines = text.split("\n").filter((line) => !/^\s*(#|$)/.test(line));
  const found: string[] = [];
  for (const line of lines) {
    if (/^\S/.test(line)) found.push(line);
    else found.push(`${found.pop() ?? ""}\n${line}`);
  }
  return found;
}
