import { Piscina } from "piscina";
import type { NgramTable } from "./contamination.ts";
import type { ShardJob, ShardWritten } from "./shard.ts";
import type { ScanJob, Scanned } from "./thread.ts";

/** Sources run as they are during development; images run the built files. */
const ENTRY = new URL(import.meta.url.endsWith(".ts") ? "./thread.ts" : "./thread.js", import.meta.url);

/** The threads of one build. What is asked of them is refused once `signal` has aborted. */
export class Threads implements AsyncDisposable {
  readonly #pool: Piscina;
  readonly #signal: AbortSignal | undefined;

  constructor(count: number, table: NgramTable, signal?: AbortSignal) {
    this.#pool = new Piscina({
      filename: ENTRY.href,
      minThreads: count,
      maxThreads: count,
      workerData: table,
      recordTiming: false,
    });
    this.#signal = signal;
  }

  scan(job: ScanJob): Promise<Scanned> {
    return this.#run("scan", job, [job.texts.bytes.buffer, job.texts.texts.buffer, job.memory]);
  }

  shard(job: ShardJob): Promise<ShardWritten> {
    return this.#run("shard", job, []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }

  /** Piscina does not know what its functions answer; thread.ts does. */
  #run(name: string, task: unknown, transferList: ArrayBuffer[]) {
    this.#signal?.throwIfAborted();
    return this.#pool.run(task, { name, transferList, signal: this.#signal ?? null });
  }
}
