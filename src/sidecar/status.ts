import { z } from "zod";

export const stateNames = [
  "Fetching",
  "Verifying",
  "Uploading",
  "Creating",
  "Loading",
  "Ready",
  "Unready",
  "Waiting",
  "Failed",
  "Draining",
] as const;

/** Why the sidecar is in its state. Stable: the controller makes conditions of them. */
export const reasons = [
  /** The artifact is on its way from the store. */
  "Fetching",
  /** The fetched file is being looked at. */
  "Verifying",
  /** The file is being handed to Ollama. */
  "Uploading",
  /** Ollama is making the model of it. */
  "Creating",
  /** The engine is loading the model, or has not generated its first token yet. */
  "Loading",
  /** It serves. */
  "Ready",
  /** The store has no such object. Asked again now and then: a restored bucket heals it. */
  "ArtifactNotFound",
  /** The URI is no URI of ours, or the file is no GGUF. Final. */
  "ArtifactInvalid",
  /** The store's object is not the artifact that was asked for. Final. */
  "DigestMismatch",
  /** The store cannot be reached or answers errors. */
  "StoreUnavailable",
  /** The store does not accept the pod's credentials. */
  "StoreUnauthorized",
  /** No room on the pod's volume. */
  "StorageFull",
  /** Ollama does not answer: it is starting, restarting or gone. */
  "OllamaUnavailable",
  /** Ollama refuses to make a model of this artifact, template and parameters. Final, unless it failed inside. */
  "CreateRefused",
  /** Ollama answers with the GGUF's own template, not with ours: another model than the one validated. Final. */
  "TemplateIgnored",
  /** The model does not load, or gives no first token: not enough memory, a broken model. */
  "LoadFailed",
  /** It served, and then the engine failed: an error of its own, a cut stream, no token when asked. */
  "EngineFailed",
  /** It was told to end: requests go on, no new ones are taken. */
  "Draining",
] as const;

export type Reason = (typeof reasons)[number];

/** What `GET /status` answers, always with 200. */
export const sidecarStatus = z.object({
  state: z.enum(stateNames),
  reason: z.enum(reasons),
  /** One sentence. Never contains a prompt, an answer or a credential. */
  message: z.string(),
  /** The ModelVersion's name in Ollama. */
  model: z.string(),
  /** sha256 of the GGUF that answers, 64 hexadecimal digits. Only while Ready. */
  servedDigest: z.string().optional(),
  /** 0 to 1, while Fetching and Uploading. */
  progress: z.number().min(0).max(1).optional(),
  /** RFC 3339; when something will be tried again. Absent in Failed: nothing will. */
  nextAttemptTime: z.iso.datetime().optional(),
  /** RFC 3339; since when it is in this state for this reason. */
  since: z.iso.datetime(),
  ollamaVersion: z.string().optional(),
  /** Requests being answered. */
  inFlight: z.int(),
});

export type SidecarStatus = z.infer<typeof sidecarStatus>;
export type StateName = (typeof stateNames)[number];
