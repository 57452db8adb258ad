import { type Rows, SPLITS, type Split } from "./rows.ts";
import type { ShardJob } from "./shard.ts";
import type { Spill } from "./spill.ts";
import type { Threads } from "./threads.ts";

/** A shard is full with this many rows, or sooner with so many bytes: each thread holds one in memory. */
export const SHARD_ROWS = 16_384;
export const SHARD_BYTES = 64 << 20;

export interface DatasetFile {
  readonly name: string;
  readonly sha256: string;
  readonly size: number;
  readonly rows: number;
}
export interface Shard extends DatasetFile {
  readonly split: Split;
  readonly path: string;
  /** Its rows, ascending. */
  readonly members: Uint32Array;
}

export interface ShardOptions {
  readonly spill: Spill;
  readonly threads: Threads;
  /** Shards that may be under way at a time. */
  readonly atOnce: number;
  readonly languages: readonly string[];
  readonly kinds: readonly string[];
  readonly onWritten: (rows: number) => void;
}

/** Writes all examples that are in, split by split and by id: where a shard begins and ends hangs on the rows alone. */
export async function writeShards(rows: Rows, options: ShardOptions): Promise<readonly Shard[]> {
  const plans = SPLITS.flatMap((split, index) => cut(rows, index).map((members, at) => ({ split, at, members })));
  const shards: Shard[] = [];
  const queue = plans.entries();
  await Promise.all(
    Array.from({ length: options.atOnce }, async () => {
      for (const [place, { split, at, members }] of queue) {
        const name = `${split}-${String(at).padStart(5, "0")}.parquet`;
        const path = options.spill.path(name);
        const { sha256, size } = await options.threads.shard(jobOf(rows, members, path, options));
        shards[place] = { name, split, path, sha256, size, rows: members.length, members };
        options.onWritten(members.length);
      }
    }),
  );
  return shards;
}

/** The rows of a split, cut where a shard is full. */
function cut(rows: Rows, split: number): Uint32Array[] {
  const shards: Uint32Array[] = [];
  const open = new Uint32Array(SHARD_ROWS);
  let count = 0;
  let bytes = 0;
  for (let row = 0; row < rows.count; row++) {
    if (!rows.isIn(row) || rows.split[row] !== split) continue;
    const length = rows.length[row] ?? 0;
    if (count === SHARD_ROWS || (count > 0 && bytes + length > SHARD_BYTES)) {
      shards.push(open.slice(0, count));
      count = 0;
      bytes = 0;
    }
    open[count++] = row;
    bytes += length;
  }
  if (count > 0) shards.push(open.slice(0, count));
  return shards;
}

function jobOf(rows: Rows, members: Uint32Array, target: string, options: ShardOptions): ShardJob {
  const { spill, languages, kinds } = options;
  const of = (column: ArrayLike<number>) => (row: number) => column[row] ?? 0;
  return {
    texts: spill.texts,
    ids: spill.ids,
    target,
    rows: members,
    offsets: Float64Array.from(members, of(rows.offset)),
    lengths: members.map(of(rows.length)),
    reasoningAt: members.map(of(rows.reasoningAt)),
    forms: Uint8Array.from(members, of(rows.form)),
    learn: Uint8Array.from(members, of(rows.learn)),
    scores: members.map(of(rows.score)),
    languages: Array.from(members, (row) => languages[rows.language[row] ?? 0] ?? ""),
    kinds: Array.from(members, (row) => kinds[rows.kind[row] ?? 0] ?? ""),
  };
}
