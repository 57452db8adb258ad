import { createHash } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type Part,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { ArtifactError } from "./errors.ts";
import { isNamed } from "./s3-errors.ts";
import type { OpenSource } from "./source.ts";
import type { Bytes, PutOptions, Sha256 } from "./store.ts";

const MiB = 1 << 20;
/** Parts in flight. With 16 MiB parts an upload holds at most 80 MiB: four on the way and one being read. */
const CONCURRENCY = 4;

export const MULTIPART_FROM: Bytes = 16 * MiB;

/** Depends on the size alone, so that two uploads of one artifact cut it alike and can share their parts. S3 allows 10 000. */
export function partSize(size: Bytes): Bytes {
  return Math.max(16, Math.ceil(size / 10_000 / MiB)) * MiB;
}

export interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly uri: string;
  readonly source: OpenSource;
  readonly options: PutOptions & { sha256: Sha256 };
}

/**
 * Uploads in parts; a later call for the same object takes over the parts that an interrupted one left
 * (same number, size and sha256). Finishes create-only. Unfinished uploads are left for that purpose:
 * give the bucket a lifecycle rule that aborts them after some days.
 */
export async function uploadInParts(client: S3Client, upload: Upload): Promise<void> {
  const target = { Bucket: upload.bucket, Key: upload.key };
  const begun = await unfinishedUpload(client, upload);
  const UploadId = begun ?? (await begin(client, target));
  const there = begun === undefined ? new Map<number, Part>() : await partsOf(client, { ...target, UploadId });
  const { parts, sha256 } = await sendParts(client, upload, UploadId, there);
  if (sha256 !== upload.options.sha256) {
    await client.send(new AbortMultipartUploadCommand({ ...target, UploadId }));
    throw new ArtifactError(
      "DigestMismatch",
      upload.uri,
      `what should be stored as ${upload.uri} has sha256 ${sha256}`,
    );
  }
  const MultipartUpload = { Parts: parts };
  await client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload, IfNoneMatch: "*" }));
}

async function begin(client: S3Client, target: { Bucket: string; Key: string }): Promise<string> {
  const answer = await client.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: "SHA256" }));
  if (answer.UploadId === undefined) throw new Error("S3 began a multipart upload without naming it");
  return answer.UploadId;
}

async function unfinishedUpload(client: S3Client, { bucket, key }: Upload): Promise<string | undefined> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key }));
  return Uploads.find((upload) => upload.Key === key)?.UploadId;
}

async function partsOf(
  client: S3Client,
  target: { Bucket: string; Key: string; UploadId: string },
): Promise<Map<number, Part>> {
  const found = new Map<number, Part>();
  let PartNumberMarker: string | undefined;
  do {
    const answer = await client
      .send(new ListPartsCommand({ ...target, ...(PartNumberMarker !== undefined && { PartNumberMarker }) }))
      .catch((error: unknown) => {
        if (isNamed(error, "NoSuchUpload")) return undefined;
        throw error;
      });
    for (const part of answer?.Parts ?? []) if (part.PartNumber !== undefined) found.set(part.PartNumber, part);
    PartNumberMarker = answer?.IsTruncated === true ? answer.NextPartNumberMarker : undefined;
  } while (PartNumberMarker !== undefined);
  return found;
}

/** Reads the source once, in order: that gives the whole digest too, while up to CONCURRENCY parts are on their way. */
async function sendParts(
  client: S3Client,
  { bucket, key, source, options }: Upload,
  UploadId: string,
  there: ReadonlyMap<number, Part>,
): Promise<{ parts: CompletedPart[]; sha256: Sha256 }> {
  const whole = createHash("sha256");
  const length = partSize(source.size);
  const parts: CompletedPart[] = [];
  const inFlight = new Set<Promise<void>>();
  const failure = new AbortController();
  const signal = options.signal === undefined ? failure.signal : AbortSignal.any([options.signal, failure.signal]);
  let stored = 0;
  const keep = (index: number, part: CompletedPart, size: Bytes): void => {
    parts[index] = part;
    stored += size;
    options.onProgress?.(stored, source.size);
  };
  try {
    for (let index = 0; index * length < source.size; index++) {
      signal.throwIfAborted();
      const body = await source.read(index * length, Math.min(length, source.size - index * length));
      whole.update(body);
      const ChecksumSHA256 = createHash("sha256").update(body).digest("base64");
      const PartNumber = index + 1;
      const old = there.get(PartNumber);
      if (old?.ChecksumSHA256 === ChecksumSHA256 && old.Size === body.length && old.ETag !== undefined) {
        keep(index, { PartNumber, ETag: old.ETag, ChecksumSHA256 }, body.length);
        continue;
      }
      const command = new UploadPartCommand({
        Bucket: bucket,
        Key: key,
        UploadId,
        PartNumber,
        Body: body,
        ChecksumSHA256,
      });
      const sent = client
        .send(command, { abortSignal: signal })
        .then(({ ETag }) =>
          keep(index, { PartNumber, ...(ETag !== undefined && { ETag }), ChecksumSHA256 }, body.length),
        )
        .catch((error: unknown) => failure.abort(error))
        .finally(() => inFlight.delete(sent));
      inFlight.add(sent);
      if (inFlight.size >= CONCURRENCY) await Promise.race(inFlight);
    }
  } finally {
    await Promise.all(inFlight);
  }
  signal.throwIfAborted();
  return { parts, sha256: whole.digest("hex") };
}
