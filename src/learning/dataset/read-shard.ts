import { openAsBlob } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import { parquetReadObjects } from "hyparquet";
import { z } from "zod";

const message = z.object({ role: z.string(), content: z.string(), reasoning_content: z.string().exactOptional() });
const row = z.object({
  id: z.string(),
  messages: z.string().transform((text) => z.array(message).parse(JSON.parse(text))),
  learn: z.int(),
  mode: z.enum(["thinking", "nonThinking"]),
  needs_trace: z.boolean(),
  score: z.number(),
  kind: z.string(),
  language: z.string(),
});

export type ShardRow = z.infer<typeof row>;

/** The rows of a shard as `writeShard` writes it. Takes as much memory as the shard has text. */
export async function readShard(path: string): Promise<readonly ShardRow[]> {
  const blob = await openAsBlob(path);
  const file = { byteLength: blob.size, slice: (from: number, to?: number) => blob.slice(from, to).arrayBuffer() };
  const rows = await parquetReadObjects({ file, compressors: { ZSTD: (page) => zstdDecompressSync(page) } });
  return rows.map((each) => row.parse(each));
}
