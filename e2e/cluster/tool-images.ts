/** Images of programs that others make, built from our builds of them where no registry can be reached. */
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "./checksums.ts";
import { docker, dockerBuild } from "./docker.ts";
import { loadImage } from "./images.ts";
import { startPart } from "./parts.ts";
import { imagesDir, madeDir } from "./paths.ts";
import { isLoaded, reference } from "./registry.ts";
import { type ToolName, versions } from "./sources.ts";
import { ensureTool } from "./tools.ts";

/** What models are served with. */
export const ollamaImage = `ollama/ollama:${versions.ollama.slice(1)}`;
/** The object store that the chart runs where there is no S3. */
export const versitygwImage = `versity/versitygw:${versions.versitygw}`;

export function ensureOllamaImage(): Promise<string> {
  return ensureToolImage(ollamaImage, "ollama", ["ollama", "llama-server"]);
}

export function ensureVersitygwImage(): Promise<string> {
  return ensureToolImage(versitygwImage, "versitygw", ["versitygw"]);
}

/**
 * Makes sure that the registry holds the image and answers the reference that pods pull.
 * A second tag names the inputs' digest: where it is there, nothing changed, and neither dockerd nor a build is needed.
 */
async function ensureToolImage(tag: string, folder: string, tools: readonly ToolName[]): Promise<string> {
  await startPart("registry");
  const dockerfile = join(import.meta.dirname, "images", folder, "Dockerfile");
  const inputs = createHash("sha256").update(readFileSync(dockerfile));
  const programs = new Map<string, string>();
  for (const tool of tools) programs.set(tool, await ensureTool(tool));
  for (const program of programs.values()) inputs.update(await sha256(program));
  const keyed = `${tag.slice(0, tag.lastIndexOf(":"))}:inputs-${inputs.digest("hex").slice(0, 16)}`;
  if ((await isLoaded(keyed)) && (await isLoaded(tag))) return reference(tag);
  const context = mkdtempSync(join(madeDir(imagesDir), `${folder}-`));
  try {
    for (const [file, path] of programs) copyFileSync(path, join(context, file));
    await dockerBuild({ context, dockerfile, tag });
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
  const loaded = await loadImage(tag);
  await docker(["tag", tag, keyed]);
  await loadImage(keyed); // last: it says that the other is whole
  return loaded;
}
