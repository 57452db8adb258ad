import { Piscina } from "piscina";
import { SpareMemory } from "./memory.ts";
import { LONG, memoryOf, opened, type Parcel, packed, whole } from "./parcel.ts";
import type { FilterRequest, FilterResult, PrivacyFilter } from "./port.ts";
import { sizeOf } from "./work.ts";
import type { Batch, WorkerData } from "./worker.ts";

export interface FilterBudget {
  /** Of text in one request, in UTF-16 units; more is refused as TooLarge. */
  readonly characters: number;
  /** For one request; then its worker is ended and it is refused as TooSlow. */
  readonly milliseconds: number;
  /** Of memory that a worker may use, in MiB. */
  readonly memory: number;
}

export interface PrivacyFilterOptions {
  /** Key of the hashes by which placeholders are found again. */
  readonly secret: Uint8Array;
  /** Default 2. */
  readonly threads?: number;
  readonly budget?: Partial<FilterBudget>;
}

/** Ten million characters take about half a second; ten times that is somebody's attack or our bug. */
export const FILTER_BUDGET: FilterBudget = { characters: 10_485_760, milliseconds: 5_000, memory: 768 };

/** One message to a worker carries as much as this: enough that messages cost little, little enough that none is long. */
const BATCH = { requests: 32, characters: 131_072 };

/** After a long text its memory is kept for the next one, for so long. */
const SPARE_MS = 10_000;

const CLOSED: FilterResult = { ok: false, reason: "Failed", message: "the privacy filter is closed" };

/** Of the same file as this one, whether it runs as it is or as what tsc made of it. */
const WORKER = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url).href;

export function createPrivacyFilter({ secret, threads = 2, budget: given = {} }: PrivacyFilterOptions): PrivacyFilter {
  const budget = { ...FILTER_BUDGET, ...given };
  const data: WorkerData = { secret };
  const pool = new Piscina<Batch, Parcel<readonly FilterResult[]>>({
    filename: WORKER,
    workerData: data,
    minThreads: threads,
    maxThreads: threads,
    // A worker that waits must still serve its own promises: grammars load asynchronously.
    atomics: "disabled",
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: budget.memory },
  });
  // Enough for one request as long as one may be.
  const memory = new SpareMemory(2 * budget.characters, SPARE_MS);
  // A pool that was destroyed would start workers anew for whoever still asks.
  let closed = false;

  /** Results in the batch's order. A request that ends its worker is refused; those with it are tried again. */
  async function run(requests: readonly FilterRequest[]): Promise<readonly FilterResult[]> {
    if (requests.length === 0) return [];
    // Most are sent at once, so that they are worked on while the caller goes on with something else.
    const texts: string[] = [];
    const long = requests.some((request) => sizeOf(request) >= LONG);
    const parcel = long ? await packed(requests, texts, memory) : whole(requests);
    if (closed) return requests.map(() => CLOSED);
    const progress = new Int32Array(new SharedArrayBuffer(4)).fill(-1);
    const ending = new AbortController();
    const watch = watchProgress(progress, budget.milliseconds, () => ending.abort());
    try {
      const task = { requests: parcel, progress };
      const answer = await pool.run(task, { signal: ending.signal, transferList: memoryOf(parcel) });
      return await opened(answer, texts, memory);
    } catch {
      if (closed) return requests.map(() => CLOSED);
      const culprit = Atomics.load(progress, 0);
      const refused: FilterResult = ending.signal.aborted
        ? { ok: false, reason: "TooSlow", message: `took longer than ${budget.milliseconds} ms` }
        : { ok: false, reason: "Failed", message: "the privacy filter's worker ended" };
      // It ended before it began: nothing to do with any one of them.
      if (culprit < 0) return requests.map(() => refused);
      const others = await run(requests.toSpliced(culprit, 1));
      return others.toSpliced(culprit, 0, refused);
    } finally {
      clearInterval(watch);
    }
  }

  return {
    async filter(requests) {
      const results: (FilterResult | undefined)[] = requests.map((request) => tooLarge(request, budget));
      const accepted = requests.flatMap((request, at) => (results[at] === undefined ? { request, at } : []));
      const batches = batched(accepted, Math.ceil(accepted.length / threads));
      await Promise.all(
        batches.map(async (batch) => {
          const answers = await run(batch.map(({ request }) => request));
          for (const [index, { at }] of batch.entries()) results[at] = answers[index];
        }),
      );
      return results.map((result) => result ?? CLOSED);
    },
    close() {
      closed = true;
      return pool.destroy();
    },
  };
}

function tooLarge(request: FilterRequest, { characters }: FilterBudget): FilterResult | undefined {
  const size = sizeOf(request);
  return size > characters
    ? { ok: false, reason: "TooLarge", message: `${size} characters of text; at most ${characters}` }
    : undefined;
}

/** Calls `end` once the same request has been worked on for too long. Waiting for a worker does not count. */
function watchProgress(progress: Int32Array, milliseconds: number, end: () => void): NodeJS.Timeout {
  let at = -1;
  let since = 0;
  const timer = setInterval(
    () => {
      const now = performance.now();
      const current = Atomics.load(progress, 0);
      if (current !== at) {
        at = current;
        since = now;
      } else if (at >= 0 && now - since >= milliseconds) end();
    },
    Math.max(5, Math.min(100, milliseconds / 4)),
  );
  timer.unref();
  return timer;
}

interface Placed {
  readonly request: FilterRequest;
  readonly at: number;
}

/** In batches for one message each; what is long goes alone. */
function batched(placed: readonly Placed[], share: number): Placed[][] {
  const most = Math.min(BATCH.requests, Math.max(1, share));
  const batches: Placed[][] = [];
  let batch: Placed[] = [];
  let characters = 0;
  for (const each of placed) {
    const size = sizeOf(each.request);
    if (batch.length > 0 && (batch.length >= most || characters + size > BATCH.characters)) {
      batches.push(batch);
      batch = [];
      characters = 0;
    }
    batch.push(each);
    characters += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
