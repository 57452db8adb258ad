export { backoff, type Clock, systemClock } from "./clock.ts";
export { sha256Of } from "./digest.ts";
export { ArtifactError, type ArtifactErrorCode } from "./errors.ts";
export { folderStore } from "./folder.ts";
export { openStore, openStoreOf } from "./open-store.ts";
export { s3Store } from "./s3.ts";
export { type Environment, s3Client } from "./s3-client.ts";
export type {
  ArtifactStore,
  Bytes,
  FetchOptions,
  Head,
  OpenOptions,
  PutOptions,
  Sha256,
  Source,
  Stored,
} from "./store.ts";
