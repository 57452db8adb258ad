import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { systemClock } from "../clock.ts";
import { sha256Of } from "../digest.ts";
import { fetchVerified } from "../fetch.ts";
import type { ArtifactStore } from "../store.ts";

/** What a test of the suite needs: a store of its own, and a way to damage an object behind the store's back. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: ArtifactStore;
  damage(uri: string, bytes: Uint8Array): Promise<void>;
}

const MiB = 1 << 20;
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** What every ArtifactStore does, whatever it is made of. */
export function artifactStoreConformance(name: string, make: (dir: string) => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let dir: string;
    let tested: StoreUnderTest;
    let store: ArtifactStore;
    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), "qi-artifacts-"));
      await mkdir(join(dir, "store"));
      tested = await make(join(dir, "store"));
      store = tested.store;
    });
    afterAll(async () => {
      await tested?.[Symbol.asyncDispose]();
      await rm(dir, { recursive: true });
    });

    const file = async (name: string, bytes: Uint8Array): Promise<string> => {
      await writeFile(join(dir, name), bytes);
      return join(dir, name);
    };

    test("stores bytes under their digest, and again without harm", async () => {
      const bytes = Buffer.from("a small artifact");
      const stored = await store.put("models", bytes);
      expect(stored).toEqual({ uri: `${store.root}models/${sha256Of(bytes)}`, sha256: sha256Of(bytes), size: 16 });
      expect(await store.put("models", bytes)).toEqual(stored);
      expect(await store.head(stored.uri)).toEqual({ uri: stored.uri, size: 16 });
    });

    test.each([
      ["of no bytes", 0],
      ["of 1 byte", 1],
      ["of 40 MiB and a bit", 40 * MiB + 17],
    ])("a file %s comes back the same", async (_, size) => {
      const bytes = randomBytes(size);
      const stored = await store.put("models", { path: await file("source", bytes) });
      const to = join(dir, "fetched", String(size));
      let last = 0;
      await store.fetch(stored.uri, {
        sha256: stored.sha256,
        size,
        to,
        onProgress: (done) => {
          last = done;
        },
      });
      expect(sha256Of(await readFile(to))).toBe(sha256Of(bytes));
      expect(last).toBe(size);
      expect(await readdir(join(dir, "fetched"))).not.toContain(`${size}.partial`);
    });

    test("two uploads of one large file at once both succeed", async () => {
      const path = await file("twice", randomBytes(33 * MiB));
      const [one, two] = await Promise.all([store.put("models", { path }), store.put("models", { path })]);
      expect(one).toEqual(two);
    });

    test.each([
      ["small", 100],
      ["large", 17 * MiB],
    ])("refuses to store a %s file under a digest that is not its own", async (_, size) => {
      const path = await file("wrong", randomBytes(size));
      const sha256 = sha256Of(`something else ${size}`);
      await expect(store.put("models", { path }, { sha256 })).rejects.toMatchObject({ code: "DigestMismatch" });
      await expect(store.head(`${store.root}models/${sha256}`)).rejects.toMatchObject({ code: "NotFound" });
    });

    test("creates a named record once", async () => {
      const stored = await store.create("registry/coder/000001.json", Buffer.from("{}"));
      expect(stored.uri).toBe(`${store.root}registry/coder/000001.json`);
      await expect(store.create("registry/coder/000001.json", Buffer.from("[]"))).rejects.toMatchObject({
        code: "AlreadyExists",
        retryable: false,
      });
      expect(await text(await store.open(stored.uri))).toBe("{}");
    });

    test("reads a range", async () => {
      const { uri } = await store.put("models", Buffer.from("0123456789"));
      expect(await text(await store.open(uri, { range: { start: 3, end: 6 } }))).toBe("345");
      expect(await text(await store.open(uri, { range: { start: 7 } }))).toBe("789");
    });

    test("continues a partial file, reading only what is missing", async () => {
      const bytes = randomBytes(3 * MiB);
      const { uri, sha256 } = await store.put("models", bytes);
      const to = join(dir, "resumed");
      await writeFile(`${to}.partial`, bytes.subarray(0, 2 * MiB));
      const starts: (number | undefined)[] = [];
      const watched = {
        head: store.head,
        open: (u: string, o?: Parameters<ArtifactStore["open"]>[1]) => {
          starts.push(o?.range?.start);
          return store.open(u, o);
        },
      };
      await fetchVerified(watched, uri, { sha256, to }, systemClock);
      expect(starts).toEqual([2 * MiB]);
      expect(sha256Of(await readFile(to))).toBe(sha256);
    });

    test("starts over when the partial file holds other bytes", async () => {
      const bytes = randomBytes(1 * MiB);
      const { uri, sha256 } = await store.put("models", bytes);
      const to = join(dir, "rotten");
      await writeFile(`${to}.partial`, randomBytes(1000));
      await store.fetch(uri, { sha256, to });
      expect(sha256Of(await readFile(to))).toBe(sha256);
    });

    test("does not fetch what is there and right, and replaces what is there and wrong", async () => {
      const { uri, sha256 } = await store.put("models", Buffer.from("wanted"));
      const to = await file("there", Buffer.from("something else"));
      await store.fetch(uri, { sha256, to });
      await store.remove(uri);
      await store.fetch(uri, { sha256, to });
      expect(await readFile(to, "utf8")).toBe("wanted");
    });

    test.each([
      ["truncated", Buffer.from("the artif")],
      ["altered", Buffer.from("the artifakt")],
    ])("an artifact %s in the store never appears as a file", async (how, damaged) => {
      const { uri, sha256 } = await store.put(`models/${how}`, Buffer.from("the artifact"));
      await tested.damage(uri, damaged);
      const to = join(dir, `damaged-${how}`);
      await expect(store.fetch(uri, { sha256, to })).rejects.toMatchObject({
        code: "DigestMismatch",
        retryable: false,
        uri,
      });
      expect((await readdir(dir)).filter((name) => name.startsWith(`damaged-${how}`))).toEqual([]);
    });

    test("says NotFound of what is not there", async () => {
      const uri = `${store.root}models/${"0".repeat(64)}`;
      const nothing = { code: "NotFound", retryable: false, uri };
      await expect(store.head(uri)).rejects.toMatchObject(nothing);
      await expect(store.open(uri)).rejects.toMatchObject(nothing);
      await expect(store.fetch(uri, { sha256: "0".repeat(64), to: join(dir, "nothing") })).rejects.toMatchObject(
        nothing,
      );
      await store.remove(uri);
    });

    test("lists by prefix, in order, and forgets what was removed", async () => {
      for (const name of ["b", "a", "c"]) await store.create(`listed/${name}`, Buffer.from(name));
      await store.remove(`${store.root}listed/b`);
      const found = [];
      for await (const head of store.list("listed/")) found.push(head);
      expect(found).toEqual([
        { uri: `${store.root}listed/a`, size: 1 },
        { uri: `${store.root}listed/c`, size: 1 },
      ]);
      for await (const head of store.list("nothing/")) expect.unreachable(head.uri);
    });

    test("stops when told to, with the reason given", async () => {
      const { uri, sha256 } = await store.put("models", randomBytes(1000));
      const stop = AbortSignal.abort(new Error("enough"));
      await expect(store.fetch(uri, { sha256, to: join(dir, "stopped"), signal: stop })).rejects.toThrow("enough");
    });

    test.each(["other://x/y", "../x", "models/../../x"])("refuses %s as outside itself", async (path) => {
      const uri = path.includes("://") ? path : `${store.root}${path}`;
      await expect(Promise.resolve().then(() => store.head(uri))).rejects.toMatchObject({ code: "InvalidUri" });
    });
  });
}

async function text(stream: Readable): Promise<string> {
  return Buffer.concat(await stream.toArray()).toString();
}
