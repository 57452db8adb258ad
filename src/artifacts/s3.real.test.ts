import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateMultipartUploadCommand, UploadPartCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openStore } from "./open-store.ts";
import { s3Client } from "./s3-client.ts";
import { artifactStoreConformance } from "./testing/conformance.ts";
import { startVersitygw, type Versitygw } from "./testing/versitygw.ts";

const MiB = 1 << 20;
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

artifactStoreConformance("S3 (versitygw)", async (dir) => {
  const server = await startVersitygw(dir, "learning");
  return {
    store: openStore("s3://learning", server.env),
    damage: (uri, bytes) => writeFile(join(server.folder, uri.slice("s3://".length)), bytes),
    [Symbol.asyncDispose]: () => server.kill(),
  };
});

let dir: string;
let server: Versitygw;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "qi-s3-"));
  server = await startVersitygw(dir, "learning");
});
afterAll(async () => {
  await server?.kill();
  await rm(dir, { recursive: true });
});

test("a store below a prefix reads and writes below it only", async () => {
  const whole = openStore("s3://learning/", server.env);
  const tenant = openStore("s3://learning/tenant-a/", server.env);
  const { uri } = await tenant.put("models", Buffer.from("x"));
  expect(uri).toMatch(/^s3:\/\/learning\/tenant-a\/models\//);
  expect(await whole.head(uri)).toMatchObject({ size: 1 });
  const other = await whole.put("models", Buffer.from("y"));
  await expect(tenant.open(other.uri)).rejects.toMatchObject({ code: "InvalidUri" });
});

test("an interrupted upload goes on where it was: parts that are there are not sent again", async () => {
  const bytes = randomBytes(40 * MiB);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const target = { Bucket: "learning", Key: `models/${sha256}` };
  const client = s3Client(server.env);
  const { UploadId = "" } = await client.send(
    new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: "SHA256" }),
  );
  const Body = bytes.subarray(0, 16 * MiB);
  const ChecksumSHA256 = createHash("sha256").update(Body).digest("base64");
  await client.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body, ChecksumSHA256 }));

  await writeFile(join(dir, "large"), bytes);
  const progress: number[] = [];
  const store = openStore("s3://learning", server.env);
  const stored = await store.put("models", { path: join(dir, "large") }, { onProgress: (done) => progress.push(done) });
  expect(progress[0]).toBe(16 * MiB); // the part that was there counts before any other was sent
  expect(progress).toHaveLength(3);
  await store.fetch(stored.uri, { sha256, to: join(dir, "back") });
});

test("a store killed in the middle is Unavailable; later both ways go on from what was there", async () => {
  const bytes = randomBytes(120 * MiB);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await writeFile(join(dir, "killed"), bytes);
  const store = openStore("s3://learning", server.env);
  const source = { path: join(dir, "killed") };
  const down = { code: "Unavailable", retryable: true };
  const dying = store.put("models", source, { onProgress: () => void server.kill() });
  await expect(dying).rejects.toMatchObject(down);
  await server.start();
  const uploaded: number[] = [];
  const { uri } = await store.put("models", source, { sha256, onProgress: (done) => uploaded.push(done) });
  expect(uploaded).toHaveLength(8);

  const to = join(dir, "killed-back");
  const broken = store.fetch(uri, { sha256, to, onProgress: (done) => void (done > 0 && server.kill()) });
  await expect(broken).rejects.toMatchObject(down);
  await server.start();
  const fetched: number[] = [];
  await store.fetch(uri, { sha256, to, onProgress: (done) => fetched.push(done) });
  expect(fetched[0]).toBeGreaterThan(0);
  expect(fetched.at(-1)).toBe(bytes.length);
});

test("wrong credentials are Unauthorized, and no message repeats a credential", async () => {
  const env = { ...server.env, AWS_ACCESS_KEY_ID: "CANARY-ID", AWS_SECRET_ACCESS_KEY: "CANARY-SECRET" };
  const error: unknown = await openStore("s3://learning", env)
    .put("models", Buffer.from("z"))
    .catch((e: unknown) => e);
  expect(error).toMatchObject({ code: "Unauthorized", retryable: true });
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("CANARY");
});

test("a store that is down is Unavailable", async () => {
  const env = { ...server.env, AWS_ENDPOINT_URL: "http://127.0.0.1:9" };
  const store = openStore("s3://learning", env);
  await expect(store.head("s3://learning/models/x")).rejects.toMatchObject({ code: "Unavailable", retryable: true });
});
