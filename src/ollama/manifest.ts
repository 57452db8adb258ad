import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Parameters } from "./client.ts";

const manifestFile = z.object({ layers: z.array(z.object({ mediaType: z.string(), digest: z.string() })) });
const parametersFile = z.record(z.string(), z.unknown());

const MODEL = "application/vnd.ollama.image.model";
const TEMPLATE = "application/vnd.ollama.image.template";
const PARAMETERS = "application/vnd.ollama.image.params";

/** What a name in Ollama's folder of models stands for. */
export interface StoredManifest {
  /** Of the GGUF, 64 hexadecimal digits. Ollama's API tells it nowhere. */
  readonly sha256: string;
  readonly template: string | undefined;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/**
 * Reads the manifest of `model` out of OLLAMA_MODELS, also while Ollama is down.
 * Undefined: there is none, or it or one of its blobs is missing or unreadable, which is as good as none.
 */
export async function readManifest(modelsDir: string, model: string): Promise<StoredManifest | undefined> {
  const [name = "", tag = "latest"] = model.split(":");
  const path = join(modelsDir, "manifests", "registry.ollama.ai", "library", name, tag);
  try {
    const { layers } = manifestFile.parse(JSON.parse(await readFile(path, "utf8")));
    const blob = (mediaType: string) => {
      const layer = layers.find((one) => one.mediaType === mediaType);
      return (
        layer && {
          sha256: layer.digest.replace("sha256:", ""),
          path: join(modelsDir, "blobs", layer.digest.replace(":", "-")),
        }
      );
    };
    const gguf = blob(MODEL);
    const template = blob(TEMPLATE);
    const parameters = blob(PARAMETERS);
    if (gguf === undefined) return undefined;
    await stat(gguf.path);
    return {
      sha256: gguf.sha256,
      template: template && (await readFile(template.path, "utf8")),
      parameters:
        parameters === undefined ? {} : parametersFile.parse(JSON.parse(await readFile(parameters.path, "utf8"))),
    };
  } catch {
    return undefined;
  }
}

/** Whether `stored` is exactly this GGUF with this template and these parameters, in whatever order. */
export function isStored(
  stored: StoredManifest | undefined,
  wanted: { sha256: string; template?: string | undefined; parameters: Parameters },
): boolean {
  return (
    stored !== undefined &&
    stored.sha256 === wanted.sha256 &&
    (wanted.template === undefined || stored.template === wanted.template) &&
    canonical(stored.parameters) === canonical(wanted.parameters)
  );
}

function canonical(parameters: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1)));
}
