import { containerSecurityContext } from "./security.ts";
import type { Container } from "./types.ts";

/** Where Ollama keeps its models, in every pod of ours that runs it. */
export const OLLAMA_FOLDER = "/ollama";
export const OLLAMA_MODELS = `${OLLAMA_FOLDER}/models`;
export const OLLAMA_URL = "http://127.0.0.1:11434";

export interface OllamaSettings {
  readonly image: string;
  readonly pullPolicy: string;
  readonly contextLength: number;
  readonly parallel: number;
}

/**
 * The Ollama container, as the exporter's parity gate and the serving pod both run it: the model is checked in what
 * will serve it. It listens on the pod's loopback only; OLLAMA_GO_TEMPLATE makes it use the template that we send, even
 * where the GGUF carries a richer one.
 */
export function ollamaContainer(settings: OllamaSettings): Container {
  return {
    name: "ollama",
    image: settings.image,
    imagePullPolicy: settings.pullPolicy,
    args: ["serve"],
    env: Object.entries({
      OLLAMA_HOST: "127.0.0.1:11434",
      OLLAMA_MODELS,
      HOME: OLLAMA_FOLDER,
      OLLAMA_NO_CLOUD: "1",
      OLLAMA_GO_TEMPLATE: "1",
      OLLAMA_NOPRUNE: "1",
      OLLAMA_KEEP_ALIVE: "-1",
      OLLAMA_MAX_LOADED_MODELS: "1",
      OLLAMA_NUM_PARALLEL: String(settings.parallel),
      OLLAMA_CONTEXT_LENGTH: String(settings.contextLength),
    }).map(([name, value]) => ({ name, value })),
    securityContext: containerSecurityContext,
    volumeMounts: [
      { name: "ollama", mountPath: OLLAMA_FOLDER },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}
