import { open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type Environment, openStoreOf } from "../artifacts/index.ts";
import { isStored, type OllamaClient, type Parameters, readManifest } from "../ollama/index.ts";
import type { SidecarConfig } from "./config.ts";
import type { State } from "./state.ts";
import { StepFailure } from "./trouble.ts";

export interface StepContext {
  readonly config: SidecarConfig;
  readonly env: Environment;
  readonly ollama: OllamaClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly progress: (fraction: number) => void;
  readonly onOllamaVersion: (version: string) => void;
}

type Step = (context: StepContext) => Promise<State>;

/** Also without Ollama, which starts after us: its folder says what it has. */
export const fetching: Step = async (context) => {
  const { config, env, clock, signal, progress } = context;
  const { artifact } = config;
  if (await holdsModel(config)) return { at: "Loading" };
  if (await holdsBlob(context)) return { at: "Creating" };
  await openStoreOf(artifact.uri, env, clock).fetch(artifact.uri, {
    sha256: artifact.sha256,
    ...(artifact.size !== undefined && { size: artifact.size }),
    to: fetchedFile(config),
    signal,
    onProgress: (fetched, size) => progress(size === 0 ? 0 : fetched / size),
  });
  return { at: "Verifying" };
};

/** The digest is right already; a right digest of something else than a GGUF helps no one. */
export const verifying: Step = async ({ config }) => {
  const file = await open(fetchedFile(config), "r");
  try {
    const start = Buffer.alloc(8);
    await file.read(start, 0, 8, 0);
    const version = start.readUInt32LE(4);
    if (start.toString("latin1", 0, 4) !== "GGUF" || version < 2 || version > 3) {
      throw new StepFailure("ArtifactInvalid", "never", `${config.artifact.uri} is not a GGUF file of version 2 or 3`);
    }
  } finally {
    await file.close();
  }
  return { at: "Uploading" };
};

export const uploading: Step = async ({ config, ollama, signal, progress }) => {
  const { sha256 } = config.artifact;
  const path = fetchedFile(config);
  if (!(await ollama.hasBlob(sha256, { signal }))) {
    const size = (await stat(path).catch(() => undefined))?.size;
    if (size === undefined) return { at: "Fetching" };
    await ollama.putBlob(sha256, { path, size }, { signal, onProgress: (sent) => progress(sent / size) });
  }
  await rm(path, { force: true });
  return { at: "Creating" };
};

/** Unloading comes first: a model re-created while it is loaded goes on answering as it was. */
export const creating: Step = async ({ config, ollama, signal }) => {
  const { sha256, template } = config.artifact;
  if (!(await ollama.hasBlob(sha256, { signal }))) return { at: "Fetching" };
  for (const { name } of await ollama.ps({ signal })) await ollama.unload(name, { signal });
  await ollama.create({ model: config.model, sha256, template, parameters: parametersOf(config) }, { signal });
  if (!(await holdsModel(config))) {
    const where = `no manifest in ${config.modelsDir} names this artifact, template and parameters`;
    throw new StepFailure("CreateRefused", "later", `Ollama made the model, but ${where}: is that its OLLAMA_MODELS?`);
  }
  return { at: "Loading" };
};

export const loading: Step = async ({ config, ollama, signal, onOllamaVersion }) => {
  const { template } = config.artifact;
  onOllamaVersion(await ollama.version({ signal }));
  if (!(await holdsModel(config))) return { at: "Fetching" };
  const shown = await ollama.show(config.model, { signal });
  if (template !== undefined && shown.template !== template) {
    const hint = "set OLLAMA_GO_TEMPLATE=1 on Ollama, or export the GGUF without tokenizer.chat_template";
    throw new StepFailure(
      "TemplateIgnored",
      "never",
      `Ollama answers with another template than the version's: ${hint}`,
    );
  }
  const timeoutMs = config.health.loadSeconds * 1000;
  await ollama.load(config.model, { signal, timeoutMs });
  await oneToken(ollama, config.model, signal, timeoutMs);
  return { at: "Ready" };
};

/** The proof that it serves. Rejects with OllamaError. */
export async function oneToken(
  ollama: OllamaClient,
  model: string,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<void> {
  const request = { model, prompt: "Hi", raw: true, think: false, options: { num_predict: 1 } };
  const { done } = await ollama.generate(request, { signal, timeoutMs });
  if (!done) throw new StepFailure("LoadFailed", "later", "the engine ended its answer without finishing it");
}

/** Whether Ollama's folder holds exactly this version under its name. */
export async function holdsModel(config: SidecarConfig): Promise<boolean> {
  const { sha256, template } = config.artifact;
  const stored = await readManifest(config.modelsDir, config.model);
  return isStored(stored, { sha256, template, parameters: parametersOf(config) });
}

function parametersOf({ artifact, contextLength }: SidecarConfig): Parameters {
  return { num_ctx: contextLength, ...artifact.parameters };
}

function fetchedFile({ workDir, artifact }: SidecarConfig): string {
  return join(workDir, `${artifact.sha256}.gguf`);
}

/** Asks Ollama; while that is down, looks into its folder. */
async function holdsBlob({ config, ollama, signal }: StepContext): Promise<boolean> {
  const { modelsDir, artifact } = config;
  try {
    return await ollama.hasBlob(artifact.sha256, { signal });
  } catch {
    signal.throwIfAborted();
    return await stat(join(modelsDir, "blobs", `sha256-${artifact.sha256}`)).then(
      () => true,
      () => false,
    );
  }
}
