export type { ChatAnswer, GenerateAnswer, LoadedModel, ShowAnswer, StoredModel } from "./answers.ts";
export {
  type Chat,
  type CreateModel,
  type Generate,
  type Message,
  type OllamaClient,
  ollamaClient,
  type Parameter,
  type Parameters,
  type Think,
} from "./client.ts";
export { OllamaError, type OllamaErrorCode } from "./errors.ts";
export { isStored, readManifest, type StoredManifest } from "./manifest.ts";
