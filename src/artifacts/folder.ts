import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { link, mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Clock, systemClock } from "./clock.ts";
import { ArtifactError, diskError } from "./errors.ts";
import { fetchVerified, syncFolder } from "./fetch.ts";
import { digestOf, openSource } from "./source.ts";
import type { ArtifactStore, Head, OpenOptions, PutOptions, Source, Stored } from "./store.ts";
import { checkKey, contentKey, keyBelow } from "./uri.ts";

/** Unfinished writes; a key cannot begin with a dot, so no object is ever called so. */
const UNFINISHED = ".unfinished";
const PIECE = 1 << 20;

/** Artifacts as files below one folder, for `dev` and tests. Written aside, synced, then linked into place create-only. */
export function folderStore(path: string, clock: Clock = systemClock): ArtifactStore {
  const root = `${pathToFileURL(path).href.replace(/\/$/, "")}/`;
  const folder = fileURLToPath(root);
  const pathOf = (uri: string): string => join(folder, keyBelow(root, uri));

  async function write(key: string, source: Source, options: PutOptions & { sha256: string }): Promise<Stored> {
    const uri = root + checkKey(key, root + key);
    const target = join(folder, key);
    const aside = join(folder, UNFINISHED, randomUUID());
    try {
      await mkdir(dirname(aside), { recursive: true });
      const size = await copy(source, aside, uri, options);
      await mkdir(dirname(target), { recursive: true });
      await link(aside, target);
      await syncFolder(dirname(target));
      return { uri, sha256: options.sha256, size };
    } catch (error) {
      options.signal?.throwIfAborted();
      throw diskError(error, "store", uri);
    } finally {
      await rm(aside, { force: true });
    }
  }

  const store: ArtifactStore = {
    root,
    async put(prefix, source, options = {}) {
      const sha256 = options.sha256 ?? (await digestOf(source, options.signal));
      const key = contentKey(prefix, sha256);
      try {
        return await write(key, source, { ...options, sha256 });
      } catch (error) {
        if (!(error instanceof ArtifactError) || error.code !== "AlreadyExists") throw error;
        return { ...(await store.head(root + key)), sha256 };
      }
    },
    create: async (key, bytes) => write(key, bytes, { sha256: await digestOf(bytes) }),
    async head(uri) {
      const path = pathOf(uri);
      const found = await stat(path).catch((error: unknown) => {
        throw diskError(error, "find", uri);
      });
      if (!found.isFile()) throw new ArtifactError("NotFound", uri, `${uri} is not a file`);
      return { uri, size: found.size };
    },
    async open(uri, { range, signal }: OpenOptions = {}) {
      await store.head(uri);
      const end = range?.end === undefined ? {} : { end: range.end - 1 };
      return createReadStream(pathOf(uri), { start: range?.start ?? 0, ...end, ...(signal && { signal }) });
    },
    fetch: (uri, options) => fetchVerified(store, uri, options, clock),
    list: (prefix) => walk(folder, root, prefix),
    async remove(uri) {
      await rm(pathOf(uri), { force: true }).catch((error: unknown) => {
        throw diskError(error, "remove", uri);
      });
    },
  };
  return store;
}

async function copy(
  source: Source,
  to: string,
  uri: string,
  options: PutOptions & { sha256: string },
): Promise<number> {
  await using from = await openSource(source);
  await using file = await open(to, "wx");
  const hash = createHash("sha256");
  for (let at = 0; at < from.size; at += PIECE) {
    options.signal?.throwIfAborted();
    const piece = await from.read(at, Math.min(PIECE, from.size - at));
    hash.update(piece);
    await file.write(piece, 0, piece.length, at);
    options.onProgress?.(at + piece.length, from.size);
  }
  await file.sync();
  if (hash.digest("hex") !== options.sha256) {
    throw new ArtifactError("DigestMismatch", uri, `what should be stored as ${uri} has another sha256`);
  }
  return from.size;
}

async function* walk(folder: string, root: string, prefix: string): AsyncIterable<Head> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    const problem = diskError(error, "list", root);
    if (problem instanceof ArtifactError && problem.code === "NotFound") return [];
    throw problem;
  });
  const keys = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((key) => key.startsWith(prefix) && !key.startsWith(`${UNFINISHED}/`))
    .sort();
  for (const key of keys) yield { uri: root + key, size: (await stat(join(folder, key))).size };
}
