import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sha256Of } from "./digest.ts";
import { ArtifactError } from "./errors.ts";
import { fetchVerified, type ObjectReader } from "./fetch.ts";

const bytes = Buffer.from("0123456789".repeat(1000));
const uri = "s3://learning/models/x";
const wanted = { sha256: sha256Of(bytes), size: bytes.length };
let dir: string;
let slept: number;
const clock = { now: () => 0, sleep: async () => void slept++ };

beforeEach(async () => {
  slept = 0;
  dir = await mkdtemp(join(tmpdir(), "qi-fetch-"));
});
afterEach(() => rm(dir, { recursive: true }));

/** Sends at most `atOnce` bytes an answer, then breaks the connection. */
function breaking(atOnce: number): ObjectReader & { opened: number } {
  return {
    opened: 0,
    head: async () => ({ uri, size: bytes.length }),
    async open(_, { range: { start } = { start: 0 } } = {}) {
      this.opened++;
      return Readable.from(
        (async function* () {
          if (atOnce > 0) yield bytes.subarray(start, start + atOnce);
          if (start + atOnce < bytes.length) throw Object.assign(new Error("reset"), { code: "ECONNRESET" });
        })(),
      );
    },
  };
}

test("a connection that breaks again and again is taken up where it broke, as long as bytes come", async () => {
  const store = breaking(1000);
  await fetchVerified(store, uri, { ...wanted, to: join(dir, "f") }, clock);
  expect(store.opened).toBe(10);
  expect(await readFile(join(dir, "f"))).toEqual(bytes);
});

test("a store that sends nothing four times in a row is Unavailable", async () => {
  const store = breaking(0);
  await expect(fetchVerified(store, uri, { ...wanted, to: join(dir, "f") }, clock)).rejects.toMatchObject({
    code: "Unavailable",
    retryable: true,
  });
  expect([store.opened, slept]).toEqual([4, 3]);
});

test("a wrong size is known before a byte is fetched", async () => {
  const store = breaking(1000);
  await expect(fetchVerified(store, uri, { ...wanted, size: 5, to: join(dir, "f") }, clock)).rejects.toMatchObject({
    code: "DigestMismatch",
  });
  expect(store.opened).toBe(0);
});

test("a full disk is StorageFull at once", async () => {
  const full = Object.assign(new Error("write"), { code: "ENOSPC" });
  const open = async () => new Readable({ read: (): void => {}, construct: (done) => done(full) });
  const store = { ...breaking(1000), open };
  await expect(fetchVerified(store, uri, { ...wanted, to: join(dir, "f") }, clock)).rejects.toMatchObject({
    code: "StorageFull",
    retryable: true,
  });
});

test("what can not get better is not tried again", async () => {
  const store = {
    ...breaking(1000),
    open: async () => {
      throw new ArtifactError("Unauthorized", uri, "no");
    },
  };
  await expect(fetchVerified(store, uri, { ...wanted, to: join(dir, "f") }, clock)).rejects.toMatchObject({
    code: "Unauthorized",
  });
  expect(slept).toBe(0);
});
