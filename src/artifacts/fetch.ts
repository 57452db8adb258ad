import { createHash, type Hash } from "node:crypto";
import { mkdir, open, rename, rm, stat, truncate } from "node:fs/promises";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import { backoff, type Clock } from "./clock.ts";
import { hashFile } from "./digest.ts";
import { ArtifactError, diskError, systemCode } from "./errors.ts";
import type { ArtifactStore, Bytes, FetchOptions } from "./store.ts";

/** Attempts in a row that bring no byte before the store counts as unavailable. */
const ATTEMPTS_WITHOUT_PROGRESS = 4;
/** A store that is silent for this long in the middle of an object is asked anew. */
const SILENCE_MS = 60_000;

export type ObjectReader = Pick<ArtifactStore, "head" | "open">;

/**
 * Downloads `uri` to `options.to` such that the file appears whole and verified or not at all.
 * What an earlier try left in `<to>.partial` is hashed and continued by a ranged read. If the digest
 * is wrong after such a continuation, the leftover may be to blame: it is read once more from the start.
 */
export async function fetchVerified(
  store: ObjectReader,
  uri: string,
  options: FetchOptions,
  clock: Clock,
): Promise<void> {
  const { to, sha256, signal } = options;
  if ((await digestIfFile(to, signal)) === sha256) return;
  const { size } = await store.head(uri, signal);
  if (options.size !== undefined && options.size !== size) {
    throw mismatch(uri, `it has ${size} bytes, not ${options.size}`);
  }
  await mkdir(dirname(to), { recursive: true });
  const partial = `${to}.partial`;
  let actual = await download(store, uri, partial, size, options, clock);
  if (actual.sha256 !== sha256 && actual.resumed) {
    await rm(partial, { force: true });
    actual = await download(store, uri, partial, size, options, clock);
  }
  if (actual.sha256 !== sha256) {
    await rm(partial, { force: true });
    throw mismatch(uri, `its sha256 is ${actual.sha256}, not ${sha256}`);
  }
  await rename(partial, to);
  await syncFolder(dirname(to));
}

function mismatch(uri: string, why: string): ArtifactError {
  return new ArtifactError("DigestMismatch", uri, `${uri} is not the artifact that was asked for: ${why}`);
}

async function download(
  store: ObjectReader,
  uri: string,
  partial: string,
  size: Bytes,
  { signal, onProgress }: FetchOptions,
  clock: Clock,
): Promise<{ sha256: string; resumed: boolean }> {
  try {
    const hash = createHash("sha256");
    let done = await resumeFrom(partial, size, hash, signal);
    const resumed = done > 0;
    let fruitless = 0;
    while (done < size) {
      onProgress?.(done, size);
      const before = done;
      try {
        const stream = await store.open(uri, { range: { start: done, end: size }, ...(signal && { signal }) });
        await append(stream, partial, done, (chunk) => {
          hash.update(chunk);
          done += chunk.length;
          onProgress?.(done, size);
        });
      } catch (error) {
        signal?.throwIfAborted();
        if (!worthRetrying(error)) throw error;
      }
      fruitless = done > before ? 0 : fruitless + 1;
      if (done > size) throw mismatch(uri, `it has more than ${size} bytes`);
      if (done === size) break;
      if (fruitless >= ATTEMPTS_WITHOUT_PROGRESS) {
        throw new ArtifactError("Unavailable", uri, `${uri} stopped at byte ${done} of ${size}, ${fruitless} times`);
      }
      await clock.sleep(backoff(fruitless, { base: 200, cap: 5_000 }), signal);
    }
    if (size === 0) await (await open(partial, "a")).close();
    return { sha256: hash.digest("hex"), resumed };
  } catch (error) {
    signal?.throwIfAborted();
    throw diskError(error, "fetch", uri);
  }
}

/** A full disk stays full and a missing object missing; anything else on the way may pass. */
function worthRetrying(error: unknown): boolean {
  if (error instanceof ArtifactError) return error.code === "Unavailable";
  return !["ENOSPC", "EDQUOT", "EACCES", "EROFS", "EPERM", "ENOENT"].includes(systemCode(error) ?? "");
}

/** Writes what comes at `start`, in order, and syncs it: after a crash the file is no longer than what was hashed. */
async function append(stream: Readable, path: string, start: Bytes, written: (chunk: Buffer) => void): Promise<void> {
  // An error before the loop below listens would end the process; the loop sees it all the same.
  stream.on("error", () => {});
  const file = await open(path, start === 0 ? "w" : "r+");
  const watchdog = setTimeout(() => stream.destroy(new Error("silent")), SILENCE_MS);
  try {
    let at = start;
    for await (const chunk of stream) {
      await file.write(chunk, 0, chunk.length, at);
      at += chunk.length;
      written(chunk);
      watchdog.refresh();
    }
  } finally {
    clearTimeout(watchdog);
    stream.destroy();
    await file.sync().finally(() => file.close());
  }
}

async function resumeFrom(partial: string, size: Bytes, hash: Hash, signal?: AbortSignal): Promise<Bytes> {
  const found = await stat(partial).catch(() => undefined);
  if (found === undefined) return 0;
  if (found.size > size) {
    await truncate(partial, 0);
    return 0;
  }
  return await hashFile(partial, hash, signal);
}

async function digestIfFile(path: string, signal?: AbortSignal): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    await hashFile(path, hash, signal);
    return hash.digest("hex");
  } catch (error) {
    signal?.throwIfAborted();
    if (systemCode(error) === "ENOENT") return undefined;
    throw diskError(error, "read", path);
  }
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  await folder.sync().finally(() => folder.close());
}
