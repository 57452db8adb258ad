/** The image of Ollama that the cluster serves models with: our builds of ollama and llama-server on the base image. */
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "./checksums.ts";
import { docker, dockerBuild } from "./docker.ts";
import { loadImage } from "./images.ts";
import { startPart } from "./parts.ts";
import { imagesDir, madeDir } from "./paths.ts";
import { isLoaded, reference } from "./registry.ts";
import { versions } from "./sources.ts";
import { ensureTool } from "./tools.ts";

const name = "ollama/ollama";
export const ollamaImage = `${name}:${versions.ollama.slice(1)}`;
const dockerfile = join(import.meta.dirname, "images/ollama/Dockerfile");

/**
 * Makes sure that the registry holds the image and answers the reference that pods pull.
 * A second tag names the inputs' digest: where it is there, nothing changed, and neither dockerd nor a build is needed.
 */
export async function ensureOllamaImage(): Promise<string> {
  await startPart("registry");
  const programs = { ollama: await ensureTool("ollama"), "llama-server": await ensureTool("llama-server") };
  const inputs = createHash("sha256").update(readFileSync(dockerfile));
  for (const program of Object.values(programs)) inputs.update(await sha256(program));
  const keyed = `${name}:inputs-${inputs.digest("hex").slice(0, 16)}`;
  if ((await isLoaded(keyed)) && (await isLoaded(ollamaImage))) return reference(ollamaImage);
  const context = mkdtempSync(join(madeDir(imagesDir), "ollama-"));
  try {
    for (const [file, path] of Object.entries(programs)) copyFileSync(path, join(context, file));
    await dockerBuild({ context, dockerfile, tag: ollamaImage });
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
  const loaded = await loadImage(ollamaImage);
  await docker(["tag", ollamaImage, keyed]);
  await loadImage(keyed); // last: it says that the other is whole
  return loaded;
}
