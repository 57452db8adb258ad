/** What threads run. These functions are called by name through Piscina. */
import { move, transferableSymbol, valueSymbol, workerData } from "piscina";
import type { Block } from "./block.ts";
import type { NgramTable } from "./contamination.ts";
import { scanBlock } from "./scan.ts";
import { type ShardJob, type ShardWritten, writeShard } from "./shard.ts";

const table: NgramTable = workerData;

export interface Scanned {
  readonly found: Uint32Array<ArrayBuffer>;
  /** The block's memory, to be filled again. */
  readonly memory: ArrayBuffer;
}

export function scan(block: Block): unknown {
  const found = scanBlock(block, table);
  const answer: Scanned = { found, memory: block.bytes.buffer };
  return move({ [transferableSymbol]: [found.buffer, answer.memory], [valueSymbol]: answer });
}

export function shard(job: ShardJob): ShardWritten {
  return writeShard(job);
}
