import { move, transferableSymbol, valueSymbol, workerData } from "piscina";
import { openTrees } from "../syntax/index.ts";
import { SpareMemory } from "./memory.ts";
import { memoryOf, opened, type Parcel, packed, whole } from "./parcel.ts";
import type { FilterRequest, FilterResult } from "./port.ts";
import { bodyRedaction } from "./work.ts";

/** What a worker is started with. */
export interface WorkerData {
  readonly secret: Uint8Array;
}

export interface Batch {
  readonly requests: Parcel<readonly FilterRequest[]>;
  /** Shared: the index of the request that is being worked on, so that whoever ends this thread knows which one it was. */
  readonly progress: Int32Array;
}

const { secret }: WorkerData = workerData;
const redact = bodyRedaction(secret, openTrees());

export default async function redactBatch({ requests, progress }: Batch): Promise<unknown> {
  // A long text is a batch of its own.
  Atomics.store(progress, 0, 0);
  const texts: string[] = [];
  // All of it goes back: whoever asked has the next long text.
  const memory = new SpareMemory(Number.POSITIVE_INFINITY);
  const results: FilterResult[] = [];
  for (const [index, request] of (await opened(requests, texts, memory, true)).entries()) {
    Atomics.store(progress, 0, index);
    results.push(await redact(request).catch(failed));
  }
  const parcel: Parcel<readonly FilterResult[]> =
    texts.length === 0 ? whole(results) : { ...(await packed(results, texts, memory)), spare: memory.takeAll() };
  return move({ [transferableSymbol]: memoryOf(parcel), [valueSymbol]: parcel });
}

/** An error's message may quote what it was about: only its kind is told. */
function failed(error: unknown): FilterResult {
  const kind = error instanceof Error ? error.name : "error";
  return { ok: false, reason: "Failed", message: `the privacy filter failed (${kind})` };
}
