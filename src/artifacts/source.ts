import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { hashFile, sha256Of } from "./digest.ts";
import { ArtifactError, diskError } from "./errors.ts";
import type { Bytes, Sha256, Source } from "./store.ts";

/** A source opened for reading piece by piece. */
export interface OpenSource extends AsyncDisposable {
  readonly size: Bytes;
  /** Exactly `length` bytes from `start`; fails when the file has become shorter. */
  read(start: Bytes, length: Bytes): Promise<Uint8Array>;
}

export async function openSource(source: Source): Promise<OpenSource> {
  if (source instanceof Uint8Array) {
    return {
      size: source.length,
      read: async (start, length) => source.subarray(start, start + length),
      async [Symbol.asyncDispose]() {},
    };
  }
  const file = await open(source.path, "r").catch((error: unknown) => {
    throw diskError(error, "read", source.path);
  });
  const { size } = await file.stat();
  return {
    size,
    read: (start, length) => readExactly(file, source.path, start, length),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

async function readExactly(file: FileHandle, path: string, start: Bytes, length: Bytes): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, start + filled);
    if (bytesRead === 0) throw new ArtifactError("DigestMismatch", path, `${path} became shorter while it was read`);
    filled += bytesRead;
  }
  return buffer;
}

export async function digestOf(source: Source, signal?: AbortSignal): Promise<Sha256> {
  if (source instanceof Uint8Array) return sha256Of(source);
  const hash = createHash("sha256");
  await hashFile(source.path, hash, signal).catch((error: unknown) => {
    throw diskError(error, "read", source.path);
  });
  return hash.digest("hex");
}
