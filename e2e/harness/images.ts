import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { dockerBuild } from "../cluster/docker.ts";
import { loadImage } from "../cluster/images.ts";
import { startPart } from "../cluster/parts.ts";
import { cacheDir } from "../cluster/paths.ts";
import { isLoaded, reference } from "../cluster/registry.ts";
import { progress, run } from "../cluster/shell.ts";
import { ensureOllamaImage, ensureVersitygwImage } from "../cluster/tool-images.ts";
import { ASSETS, buildDist } from "./dist.ts";

/** References of the images that the chart installs, as the cluster pulls them. */
export interface Images {
  readonly operator: string;
  readonly trainer: string;
  readonly ollama: string;
  readonly objectStore: string;
}

const root = join(import.meta.dirname, "../..");

/** What differs between two builds is named by the tag: a cluster never serves an old image under a new name. */
const OPERATOR = "qi-learning/operator";
const TRAINER = "qi-learning/trainer";

/** Builds what has changed and puts it where the local cluster pulls from. */
export async function ensureImages(): Promise<Images> {
  return {
    operator: await ensureOperatorImage(),
    trainer: await ensureTrainerImage(),
    ollama: await ensureOllamaImage(),
    objectStore: await ensureVersitygwImage(),
  };
}

export async function ensureOperatorImage(): Promise<string> {
  const tag = `${OPERATOR}:${digest(["Dockerfile", "package-lock.json", "tsconfig.json", "tsconfig.build.json", "src", "controllers", ...ASSETS])}`;
  return ensure(tag, async () =>
    dockerBuild({ context: await operatorContext(), dockerfile: join(root, "Dockerfile"), tag }),
  );
}

export async function ensureTrainerImage(): Promise<string> {
  const folder = "trainer-image";
  const tag = `${TRAINER}:${digest([`${folder}/Dockerfile`, `${folder}/requirements.lock`, `${folder}/trainer`])}`;
  return ensure(tag, () => {
    progress("The training image is about 6 GB: building and pushing it takes a quarter of an hour the first time.");
    return dockerBuild({ context: join(root, folder), tag });
  });
}

async function ensure(tag: string, build: () => Promise<unknown>): Promise<string> {
  await startPart("registry");
  if (await isLoaded(tag)) return reference(tag);
  await build();
  return loadImage(tag);
}

/** The folder that the operator's Dockerfile copies from: built JavaScript, production dependencies, the Node binary. */
export async function operatorContext(): Promise<string> {
  const context = join(cacheDir, "build", "operator");
  mkdirSync(context, { recursive: true });
  await buildDist(join(context, "dist"));
  await productionModules(context);
  cpSync(realNode(), join(context, "node"));
  return context;
}

/** Installed anew only when the lock file has changed; renamed into place, so that a broken install leaves nothing half done. */
async function productionModules(context: string): Promise<void> {
  const modules = join(context, "node_modules");
  const lock = readFileSync(join(root, "package-lock.json"));
  const stamp = join(modules, ".lock");
  if (existsSync(stamp) && readFileSync(stamp).equals(lock)) return;
  const fresh = join(context, "install");
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh);
  for (const file of ["package.json", "package-lock.json"]) cpSync(join(root, file), join(fresh, file));
  await run("npm", ["ci", "--omit=dev", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"], {
    cwd: fresh,
  });
  cpSync(join(fresh, "package-lock.json"), join(fresh, "node_modules", ".lock"));
  rmSync(modules, { recursive: true, force: true });
  renameSync(join(fresh, "node_modules"), modules);
  rmSync(fresh, { recursive: true });
}

/** The binary that the npm package `node` installed, whatever links lead to it. */
function realNode(): string {
  return process.execPath;
}

/** Over the names and bytes of all files under `paths`, tests and documentation excepted: they are in no image. */
function digest(paths: readonly string[]): string {
  const hash = createHash("sha256");
  const add = (path: string) => {
    const full = join(root, path);
    if (statSync(full).isDirectory()) {
      for (const entry of readdirSync(full).sort())
        if (!/\.test\.ts$|\.md$|^__pycache__$|\.pyc$/.test(entry)) add(join(path, entry));
    } else hash.update(path).update("\0").update(readFileSync(full)).update("\0");
  };
  for (const path of paths) add(path);
  return hash.digest("hex").slice(0, 16);
}

if (import.meta.main) {
  for (const [name, image] of Object.entries(await ensureImages())) console.log(`${name.padEnd(12)} ${image}`);
}
