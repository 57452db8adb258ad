import type { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { type Clock, systemClock } from "./clock.ts";
import { sha256Of } from "./digest.ts";
import { ArtifactError } from "./errors.ts";
import { fetchVerified } from "./fetch.ts";
import { MULTIPART_FROM, uploadInParts } from "./multipart.ts";
import { isNamed, s3Error } from "./s3-errors.ts";
import { digestOf, openSource } from "./source.ts";
import type { ArtifactStore, Head, PutOptions, Source, Stored } from "./store.ts";
import { checkKey, contentKey, keyBelow } from "./uri.ts";

const ROOT = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/((?:[^/]+\/)*)$/;

/** Artifacts in S3 or what speaks its protocol. `root` is `s3://bucket/` or `s3://bucket/prefix/`. */
export function s3Store(root: string, client: S3Client, clock: Clock = systemClock): ArtifactStore {
  const match = ROOT.exec(root);
  const bucket = match?.[1];
  const base = match?.[2];
  if (bucket === undefined || base === undefined) {
    throw new ArtifactError(
      "InvalidUri",
      "s3://",
      "the root of an S3 store looks like s3://bucket/ or s3://bucket/prefix/",
    );
  }
  const target = (uri: string) => ({ Bucket: bucket, Key: base + keyBelow(root, uri) });
  const abortable = (signal?: AbortSignal) => (signal === undefined ? {} : { abortSignal: signal });

  async function writeWhole(uri: string, bytes: Uint8Array, sha256: string, signal?: AbortSignal): Promise<void> {
    const ChecksumSHA256 = Buffer.from(sha256, "hex").toString("base64");
    const command = new PutObjectCommand({ ...target(uri), Body: bytes, ChecksumSHA256, IfNoneMatch: "*" });
    await client.send(command, abortable(signal));
  }

  async function write(uri: string, source: Source, options: PutOptions & { sha256: string }): Promise<void> {
    await using from = await openSource(source);
    if (from.size > MULTIPART_FROM) {
      const { Key: key } = target(uri);
      return await uploadInParts(client, { bucket: bucket ?? "", key, uri, source: from, options });
    }
    const bytes = await from.read(0, from.size);
    if (sha256Of(bytes) !== options.sha256) {
      throw new ArtifactError("DigestMismatch", uri, `what should be stored as ${uri} has another sha256`);
    }
    await writeWhole(uri, bytes, options.sha256, options.signal);
    options.onProgress?.(from.size, from.size);
  }

  const store: ArtifactStore = {
    root,
    async put(folder, source, options = {}): Promise<Stored> {
      const sha256 = options.sha256 ?? (await digestOf(source, options.signal));
      const uri = root + checkKey(contentKey(folder, sha256), root + folder);
      const there = await headIfAny(store, uri, options.signal);
      if (there !== undefined) return { ...there, sha256 };
      try {
        await write(uri, source, { ...options, sha256 });
      } catch (error) {
        options.signal?.throwIfAborted();
        // Someone else finished the same artifact while we were sending it: their success is ours.
        const overtaken = isNamed(error, "NoSuchUpload") || s3Error(error, "store", uri).code === "AlreadyExists";
        if (!overtaken || (await headIfAny(store, uri, options.signal)) === undefined)
          throw s3Error(error, "store", uri);
      }
      return { ...(await store.head(uri, options.signal)), sha256 };
    },
    async create(key, bytes) {
      const uri = root + checkKey(key, root + key);
      const sha256 = sha256Of(bytes);
      await writeWhole(uri, bytes, sha256).catch((error: unknown) => {
        throw s3Error(error, "create", uri);
      });
      return { uri, sha256, size: bytes.length };
    },
    async head(uri, signal) {
      try {
        const answer = await client.send(new HeadObjectCommand(target(uri)), abortable(signal));
        return { uri, size: answer.ContentLength ?? 0 };
      } catch (error) {
        signal?.throwIfAborted();
        const problem = s3Error(error, "find", uri);
        if (problem.code !== "NotFound") throw problem;
      }
      // An answer to HEAD has no body that says what was not found: versitygw answers 404 to an unknown key id too.
      // Asking again may also find an object that has just been finished by somebody else.
      try {
        const { Body, ContentLength } = await client.send(new GetObjectCommand(target(uri)), abortable(signal));
        (Body as Readable).destroy();
        return { uri, size: ContentLength ?? 0 };
      } catch (error) {
        signal?.throwIfAborted();
        throw s3Error(error, "find", uri);
      }
    },
    async open(uri, { range, signal } = {}) {
      const Range =
        range === undefined ? {} : { Range: `bytes=${range.start}-${range.end === undefined ? "" : range.end - 1}` };
      try {
        const answer = await client.send(new GetObjectCommand({ ...target(uri), ...Range }), abortable(signal));
        return answer.Body as Readable;
      } catch (error) {
        signal?.throwIfAborted();
        throw s3Error(error, "read", uri);
      }
    },
    fetch: (uri, options) => fetchVerified(store, uri, options, clock),
    async *list(prefix, signal): AsyncIterable<Head> {
      let ContinuationToken: string | undefined;
      do {
        const page = {
          Bucket: bucket,
          Prefix: base + prefix,
          ...(ContinuationToken !== undefined && { ContinuationToken }),
        };
        const answer = await client.send(new ListObjectsV2Command(page), abortable(signal)).catch((error: unknown) => {
          throw s3Error(error, "list", root + prefix);
        });
        for (const { Key, Size } of answer.Contents ?? []) {
          if (Key !== undefined) yield { uri: root + Key.slice(base.length), size: Size ?? 0 };
        }
        ContinuationToken = answer.NextContinuationToken;
      } while (ContinuationToken !== undefined);
    },
    async remove(uri) {
      await client.send(new DeleteObjectCommand(target(uri))).catch((error: unknown) => {
        const problem = s3Error(error, "remove", uri);
        if (problem.code !== "NotFound") throw problem;
      });
    },
  };
  return store;
}

async function headIfAny(store: ArtifactStore, uri: string, signal?: AbortSignal): Promise<Head | undefined> {
  return await store.head(uri, signal).catch((error: unknown) => {
    if (error instanceof ArtifactError && error.code === "NotFound") return undefined;
    throw error;
  });
}
