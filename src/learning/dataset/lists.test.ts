import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { DatasetMember } from "../store/port.ts";
import { membersOf } from "./lists.ts";
import type { Shard } from "./shards.ts";

const ROWS = 200_000;
const idOf = (row: number) => `00000000-0000-7000-8000-${String(row).padStart(12, "0")}`;

describe("the members of a dataset, for the store", () => {
  const folder = mkdtempSync(join(tmpdir(), "qi-lists-"));
  const ids = join(folder, "ids");
  writeFileSync(ids, Array.from({ length: ROWS }, (_, row) => idOf(row)).join(""));
  afterAll(() => rmSync(folder, { recursive: true }));

  const shardOf = (members: readonly number[], split: Shard["split"]): Shard => ({
    name: "a shard",
    sha256: "",
    size: 0,
    path: "",
    rows: members.length,
    members: Uint32Array.from(members),
    split,
  });

  async function batchesOf(shards: readonly Shard[]) {
    const batches: DatasetMember[][] = [];
    for await (const batch of membersOf(ids, shards)) batches.push(batch);
    return batches;
  }

  it("are all of each shard, in order, wherever they lie", async () => {
    const dense = Array.from({ length: 20_000 }, (_, index) => index + 3);
    const sparse = [0, 1, 65_535, 65_536, 65_537, 131_100, ROWS - 1];
    const batches = await batchesOf([shardOf(dense, "train"), shardOf(sparse, "test")]);
    expect(batches.flat()).toEqual([
      ...dense.map((row) => ({ id: idOf(row), split: "train" })),
      ...sparse.map((row) => ({ id: idOf(row), split: "test" })),
    ]);
    expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(8192);
  });

  it("are never made up where the file of ids ends too soon", async () => {
    await expect(batchesOf([shardOf([0, ROWS], "train")])).rejects.toThrow("a spill file is shorter than it was");
  });

  it("are none of an empty shard", async () => {
    expect(await batchesOf([shardOf([], "validation")])).toEqual([]);
  });
});
