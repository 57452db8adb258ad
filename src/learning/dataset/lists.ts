import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import type { DatasetMember } from "../store/port.ts";
import type { Rows } from "./rows.ts";
import type { DatasetFile, Shard } from "./shards.ts";
import { ID_BYTES } from "./spill.ts";

const FLUSH_AT = 1 << 16;
const IDS_AT_ONCE = 8192;
/** From the first to the last of them: those of a small split lie far apart. */
const IDS_READ = 65_536;

export interface ListFile extends DatasetFile {
  readonly path: string;
}

/** `{"id","shard","split"}` a line, by id: who is in the dataset and where. */
export function writeMembers(rows: Rows, ids: string, shards: readonly Shard[], path: string): ListFile {
  const shardOf = new Uint32Array(rows.count);
  shards.forEach((shard, number) => {
    for (const row of shard.members) shardOf[row] = number;
  });
  return writeLines("members.ndjson", path, (line) => {
    eachId(ids, rows.count, (id, row) => {
      const shard = shards[shardOf[row] ?? 0];
      if (rows.isIn(row) && shard !== undefined) {
        line(`{"id":"${id}","shard":"${shard.name}","split":"${shard.split}"}\n`);
      }
    });
  });
}

/** `{"id","reason"}` a line, by id: every candidate that is not in, and why. */
export function writeExcluded(rows: Rows, ids: string, path: string): ListFile {
  return writeLines("excluded.ndjson", path, (line) => {
    eachId(ids, rows.count, (id, row) => {
      const reason = rows.exclusionOf(row);
      if (reason !== undefined) line(`{"id":"${id}","reason":"${reason}"}\n`);
    });
  });
}

/** The members in batches, for the store. */
export async function* membersOf(ids: string, shards: readonly Shard[]): AsyncIterable<DatasetMember[]> {
  const file = openSync(ids, "r");
  try {
    for (const { members, split } of shards) {
      for (let from = 0; from < members.length; ) {
        const first = members[from] ?? 0;
        let to = from + 1;
        while (to < members.length && to - from < IDS_AT_ONCE && (members[to] ?? 0) - first < IDS_READ) to++;
        const rows = members.subarray(from, to);
        // One read for all of them, and for what lies between, costs less than one for each.
        const bytes = Buffer.allocUnsafe(((rows.at(-1) ?? 0) - first + 1) * ID_BYTES);
        if (readSync(file, bytes, 0, bytes.length, first * ID_BYTES) !== bytes.length)
          throw new Error("a spill file is shorter than it was");
        yield Array.from(rows, (row) => {
          const at = (row - first) * ID_BYTES;
          return { id: bytes.toString("latin1", at, at + ID_BYTES), split };
        });
        from = to;
      }
    }
  } finally {
    closeSync(file);
  }
}

function eachId(ids: string, rows: number, visit: (id: string, row: number) => void): void {
  const file = openSync(ids, "r");
  try {
    const bytes = Buffer.allocUnsafe(IDS_AT_ONCE * ID_BYTES);
    for (let first = 0; first < rows; first += IDS_AT_ONCE) {
      const read = readSync(file, bytes, 0, bytes.length, first * ID_BYTES);
      for (let at = 0; at < read; at += ID_BYTES)
        visit(bytes.toString("latin1", at, at + ID_BYTES), first + at / ID_BYTES);
    }
  } finally {
    closeSync(file);
  }
}

function writeLines(name: string, path: string, produce: (line: (text: string) => void) => void): ListFile {
  const file = openSync(path, "wx", 0o600);
  const hash = createHash("sha256");
  let open = "";
  let size = 0;
  let rows = 0;
  const flush = (): void => {
    hash.update(open);
    const written = writeSync(file, open);
    if (written !== open.length) throw new Error(`${name} could not be written whole`);
    size += written;
    open = "";
  };
  try {
    produce((text) => {
      open += text;
      rows++;
      if (open.length >= FLUSH_AT) flush();
    });
    flush();
    return { name, path, rows, size, sha256: hash.digest("hex") };
  } finally {
    closeSync(file);
  }
}
