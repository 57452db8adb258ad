import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, writeFileSync } from "node:fs";
import { constants, zstdCompressSync } from "node:zlib";
import type { SchemaElement } from "hyparquet";
import { ByteWriter, type ColumnSource, parquetWrite } from "hyparquet-writer";
import { FORMS, SCORE_UNIT } from "./rows.ts";
import { ID_BYTES } from "./spill.ts";

/** One shard: everything that a thread needs to write it, a column at a time. */
export interface ShardJob {
  /** Where the messages and the ids were spilled, and where the shard shall lie. */
  readonly texts: string;
  readonly ids: string;
  readonly target: string;
  readonly rows: Uint32Array;
  readonly offsets: Float64Array;
  readonly lengths: Uint32Array;
  readonly reasoningAt: Uint32Array;
  readonly forms: Uint8Array;
  readonly learn: Uint8Array;
  readonly scores: Uint32Array;
  readonly languages: readonly string[];
  readonly kinds: readonly string[];
}
export interface ShardWritten {
  readonly sha256: string;
  readonly size: number;
}

/** The parquet writer's own Snappy costs ten times as long as all the rest. Its version stands in the manifest. */
function compress(page: Uint8Array): Uint8Array {
  return zstdCompressSync(page, {
    // Room for all of it at once: nothing is put together afterwards.
    chunkSize: page.length + INCOMPRESSIBLE,
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  });
}
/** By how much a page may grow that cannot be compressed. */
const INCOMPRESSIBLE = 64 << 10;
/** Of values. With the four bytes before each they stay below a megabyte: the writer's memory doubles as it fills. */
const PAGE_BYTES = (1 << 20) - (64 << 10);
/** Of messages, at least: the memory that a shard is written into need not grow. */
const EXPECTED_RATIO = 2;

/** Without the writer's version or any time in it: equal rows give equal bytes. */
const CREATED_BY = "qi-learning";
const CLOSED = new Uint8Array([0x7d, 0x5d]); // }]

const text = (name: string): SchemaElement => ({
  name,
  type: "BYTE_ARRAY",
  converted_type: "UTF8",
  repetition_type: "REQUIRED",
});
const SCHEMA: SchemaElement[] = [
  { name: "root", num_children: 8 },
  text("id"),
  text("messages"),
  { name: "learn", type: "INT32", repetition_type: "REQUIRED" },
  text("mode"),
  { name: "needs_trace", type: "BOOLEAN", repetition_type: "REQUIRED" },
  { name: "score", type: "DOUBLE", repetition_type: "REQUIRED" },
  text("kind"),
  text("language"),
];

/** Memory that texts are read into, shard after shard: fresh memory costs as much as reading into it. */
export class Scratch {
  #memory = new Uint8Array(0);

  of(size: number): Uint8Array {
    if (this.#memory.length < size) this.#memory = new Uint8Array(size);
    return this.#memory.subarray(0, size);
  }
}

/** Writes one Parquet file with one row group. `messages` is JSON text: what the trainer reads. */
export function writeShard(job: ShardJob, scratch: Scratch): ShardWritten {
  const forms = [...job.forms];
  const thinks = (form: number): boolean => form === FORMS.reasoned || form === FORMS.needsTrace;
  const messages = readMessages(job, scratch);
  const columns: ColumnSource[] = [
    { name: "id", data: readIds(job), encoding: "PLAIN" },
    { name: "messages", data: messages, encoding: "PLAIN" },
    { name: "learn", data: [...job.learn] },
    { name: "mode", data: forms.map((form) => (thinks(form) ? "thinking" : "nonThinking")) },
    { name: "needs_trace", data: forms.map((form) => form === FORMS.needsTrace) },
    { name: "score", data: Array.from(job.scores, (score) => score / SCORE_UNIT) },
    { name: "kind", data: [...job.kinds] },
    { name: "language", data: [...job.languages] },
  ];
  const writer = new ByteWriter(messages.reduce((sum, one) => sum + one.length, 0) / EXPECTED_RATIO);
  void parquetWrite({
    writer,
    columnData: columns,
    schema: SCHEMA,
    rowGroupSize: job.rows.length,
    pageSize: PAGE_BYTES,
    codec: "ZSTD",
    compressors: { ZSTD: compress },
    statistics: false,
    createdBy: CREATED_BY,
  });
  const bytes = writer.getBytes();
  writeFileSync(job.target, bytes, { flag: "wx", mode: 0o600 });
  return { sha256: createHash("sha256").update(bytes).digest("hex"), size: bytes.length };
}

function readIds(job: ShardJob): Uint8Array[] {
  const pieces = Array.from(job.rows, (row) => ({ position: row * ID_BYTES, length: ID_BYTES, close: false }));
  return read(job.ids, pieces, new Scratch());
}

function readMessages(job: ShardJob, scratch: Scratch): Uint8Array[] {
  const pieces = Array.from(job.rows, (_, at) => {
    const close = job.forms[at] === FORMS.stripped;
    const length = (close ? job.reasoningAt[at] : job.lengths[at]) ?? 0;
    return { position: job.offsets[at] ?? 0, length, close };
  });
  return read(job.texts, pieces, scratch);
}

interface Piece {
  readonly position: number;
  readonly length: number;
  /** Cut before the reasoning: what closes the conversation has to be put back. */
  readonly close: boolean;
}

function read(path: string, pieces: readonly Piece[], scratch: Scratch): Uint8Array[] {
  const size = pieces.reduce((sum, piece) => sum + piece.length + (piece.close ? CLOSED.length : 0), 0);
  const all = scratch.of(size);
  const file = openSync(path, "r");
  try {
    const run = { position: 0, length: 0, at: 0 };
    const readRun = (): void => {
      if (run.length > 0 && readSync(file, all, run.at, run.length, run.position) !== run.length) {
        throw new Error("a spill file is shorter than it was");
      }
    };
    let at = 0;
    const found = pieces.map(({ position, length, close }) => {
      // What lies side by side is read at once: most rows do.
      if (position === run.position + run.length && at === run.at + run.length) run.length += length;
      else {
        readRun();
        Object.assign(run, { position, length, at });
      }
      const start = at;
      at += length;
      if (close) {
        all.set(CLOSED, at);
        at += CLOSED.length;
      }
      return all.subarray(start, at);
    });
    readRun();
    return found;
  } finally {
    closeSync(file);
  }
}
