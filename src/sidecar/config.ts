import { readFile } from "node:fs/promises";
import { z } from "zod";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hexadecimal digits");
const modelName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,79}$/, "a model name without a tag");
const port = z.int().min(0).max(65535);
const seconds = z.number().positive();
const parameter = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);

/** What the controller writes for one ModelVersion's pods. Credentials for the store are not in it: they come as AWS_* variables. */
export const sidecarConfig = z.strictObject({
  modelVersion: z.strictObject({ namespace: z.string().min(1), name: z.string().min(1), uid: z.string().min(1) }),
  /** The name in Ollama. */
  model: modelName,
  /** Other names that requests may use for it, e.g. the policy's servedModel. */
  aliases: z.array(z.string().min(1)).default([]),
  artifact: z.strictObject({
    uri: z.string().min(1),
    sha256,
    /** Bytes. */
    size: z.int().positive().optional(),
    format: z.literal("GGUF"),
    /** For people; the file says it itself. */
    quantization: z.string().optional(),
    /** Ollama's Go template. Absent: the GGUF's own chat template. */
    template: z.string().min(1).optional(),
    parameters: z.record(z.string(), parameter).default({}),
  }),
  /** Tokens a request may span; becomes num_ctx unless the parameters say it. */
  contextLength: z.int().positive(),
  /** Requests that the engine answers at once: what the pod's OLLAMA_NUM_PARALLEL says. Reported, not enforced. */
  parallel: z.int().positive(),
  ollamaUrl: z.url().default("http://127.0.0.1:11434"),
  /** Ollama's OLLAMA_MODELS, mounted here too; only read. */
  modelsDir: z.string().min(1),
  /** Where the artifact is fetched to; as large as it. Kept over restarts of the container. */
  workDir: z.string().min(1),
  listen: z.strictObject({ host: z.string().default("0.0.0.0"), port: port.default(8080) }).prefault({}),
  health: z
    .strictObject({
      /** Without traffic for this long, one token is asked for. */
      idleSeconds: seconds.default(30),
      /** Requests wait, but the engine has sent nothing for this long: one token is asked for. */
      stallSeconds: seconds.default(300),
      /** How long that token may take. */
      probeSeconds: seconds.default(30),
      /** How long loading may take, until the first token. */
      loadSeconds: seconds.default(900),
    })
    .prefault({}),
  /** How long a request may go on after the sidecar was told to end. */
  drainSeconds: seconds.default(300),
});

export type SidecarConfig = z.infer<typeof sidecarConfig>;

/** Rejects with one message that names every wrong field. */
export async function readConfig(path: string): Promise<SidecarConfig> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new Error(
      `cannot read the sidecar's configuration ${path}: ${error instanceof Error ? error.message : error}`,
    );
  });
  const parsed = sidecarConfig.safeParse(parseJson(text, path));
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join(".") || "the whole"}: ${issue.message}`);
  throw new Error(`the sidecar's configuration ${path} is wrong: ${wrong.join("; ")}`);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`the sidecar's configuration ${path} is not JSON`);
  }
}
