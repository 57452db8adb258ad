import type { Readable } from "node:stream";

/** 64 lower-case hexadecimal digits, without `sha256:`. */
export type Sha256 = string;
export type Bytes = number;

/** What is to be stored: a file, which is read but never held in memory whole, or bytes. */
export type Source = { readonly path: string } | Uint8Array;

export interface Stored {
  /** `s3://bucket/key` or `file:///path`. */
  readonly uri: string;
  readonly sha256: Sha256;
  readonly size: Bytes;
}

export interface Head {
  readonly uri: string;
  readonly size: Bytes;
}

export interface PutOptions {
  /** Saves a pass over the file. Verified while uploading: a wrong one gives `DigestMismatch` and stores nothing. */
  readonly sha256?: Sha256;
  readonly signal?: AbortSignal;
  /** Bytes that the store has, of the whole. */
  readonly onProgress?: (stored: Bytes, size: Bytes) => void;
}

export interface OpenOptions {
  /** From byte `start` up to, not including, `end`. `start` must lie inside the object. */
  readonly range?: { readonly start: Bytes; readonly end?: Bytes };
  readonly signal?: AbortSignal;
}

export interface FetchOptions {
  readonly sha256: Sha256;
  readonly size?: Bytes;
  /** Where the verified file appears, all at once. `<to>.partial` beside it is what a restart resumes from. */
  readonly to: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (fetched: Bytes, size: Bytes) => void;
}

/**
 * Objects that never change, under one root. Every method rejects with ArtifactError and nothing else,
 * except when `signal` aborts: then with its reason.
 */
export interface ArtifactStore {
  /** Ends with `/`. URIs outside it are refused (`InvalidUri`). */
  readonly root: string;
  /** Stores under `<folder>/<sha256>`. What is there already is left alone: writing twice is writing once. */
  put(folder: string, source: Source, options?: PutOptions): Promise<Stored>;
  /** Stores a small object under a name of its own, for records that are listed, not fetched by digest. `AlreadyExists` if taken. */
  create(key: string, bytes: Uint8Array): Promise<Stored>;
  /** `NotFound` if there is none. */
  head(uri: string, signal?: AbortSignal): Promise<Head>;
  /** Unverified bytes. Who needs certainty uses `fetch`. The stream may fail later, with any network error. */
  open(uri: string, options?: OpenOptions): Promise<Readable>;
  /** Downloads and verifies; resumes; `to` exists afterwards only with the right digest. */
  fetch(uri: string, options: FetchOptions): Promise<void>;
  /** All objects whose key begins with `prefix` (relative to the root), in key order. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<Head>;
  /** Also succeeds when there is none. */
  remove(uri: string): Promise<void>;
}
