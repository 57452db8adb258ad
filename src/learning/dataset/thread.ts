/** What threads run. These functions are called by name through Piscina. */
import { move, transferableSymbol, valueSymbol, workerData } from "piscina";
import { writeBlock } from "./block.ts";
import type { NgramTable } from "./contamination.ts";
import { Scanner } from "./scan.ts";
import { Scratch, type ShardJob, type ShardWritten, writeShard } from "./shard.ts";
import type { TextBlock } from "./text-block.ts";

const table: NgramTable = workerData;
const scratch = new Scratch();

export interface ScanJob {
  readonly texts: TextBlock;
  /** To be written into, and given back. */
  readonly memory: ArrayBuffer;
}

export interface Scanned {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What the texts lay in, given back. */
  readonly memory: ArrayBuffer;
  /** See PLACE and FOUND; a row after the other. */
  readonly places: Uint32Array<ArrayBuffer>;
  readonly found: Uint32Array<ArrayBuffer>;
}

export function scan({ texts, memory }: ScanJob): unknown {
  const scanner = new Scanner(texts.rows, table);
  const { bytes, places } = writeBlock(texts, memory, scanner);
  const answer: Scanned = { bytes, memory: texts.bytes.buffer, places, found: scanner.done() };
  return move({
    [transferableSymbol]: [bytes.buffer, answer.memory, places.buffer, answer.found.buffer],
    [valueSymbol]: answer,
  });
}

export function shard(job: ShardJob): ShardWritten {
  return writeShard(job, scratch);
}
