import { expect } from "vitest";
import { systemClock } from "../../../runtime/clock.ts";
import { silentLog } from "../../../testing/log.ts";
import { type PostgresServer, type RedisServer, until } from "../../../testing/servers/index.ts";
import type { WorkQueue } from "../../queue/port.ts";
import { RedisQueue, type RedisQueueOptions } from "../../queue/redis-queue.ts";
import { TableQueue } from "../../queue/table-queue.ts";
import { acceptAll } from "../../queue/testing/over-store.ts";
import { refOf } from "../../queue/testing/refs.ts";
import { migratePostgres, openPostgres } from "../../store/index.ts";
import type { Store, WorkRef } from "../../store/port.ts";
import type { Assess } from "../batch.ts";
import { memoryScoreCache } from "../score-cache/memory.ts";
import { startWorker, type Worker } from "../worker.ts";
import { assessAll } from "./scores.ts";
import { SECRET, TIMES } from "./settings.ts";

/** A database of its own, a queue over it, workers, and what was accepted so far. */
export class DataPlane implements AsyncDisposable {
  readonly url: string;
  readonly store: Store;
  readonly #redis: string | undefined;
  readonly #queues: WorkQueue[] = [];
  readonly #workers: Worker[] = [];
  readonly #accepted = new Map<string, WorkRef>();

  private constructor(url: string, store: Store, redis: string | undefined) {
    this.url = url;
    this.store = store;
    this.#redis = redis;
  }

  /** Without a Redis, the queue is the table. */
  static async open(postgres: PostgresServer, redis?: RedisServer | { readonly url: string }): Promise<DataPlane> {
    const url = await postgres.createDatabase();
    await migratePostgres({ url });
    return new DataPlane(url, await openPostgres({ url, secret: SECRET, connections: 6 }), redis?.url);
  }

  /** Keys of this plane alone, where several share a Redis. */
  get prefix(): string {
    return new URL(this.url).pathname.slice(1);
  }

  queue(options: Partial<RedisQueueOptions> = {}): WorkQueue {
    const common = { work: this.store.work, clock: systemClock, log: silentLog, ...TIMES };
    const name = `consumer-${this.#queues.length}`;
    const queue =
      this.#redis === undefined
        ? new TableQueue({ ...common, owner: name, pollMs: 50 })
        : new RedisQueue({
            ...common,
            url: this.#redis,
            consumer: name,
            prefix: this.prefix,
            relayEveryMs: 100,
            resendAfterMs: 1000,
            silenceMs: 1000,
            ...options,
          });
    this.#queues.push(queue);
    return queue;
  }

  worker(queue = this.queue(), assess: Assess = assessAll): Worker {
    const worker = startWorker({
      store: this.store,
      queue,
      assess,
      assessorVersion: () => "1",
      cache: memoryScoreCache(),
      clock: systemClock,
      log: silentLog,
      batch: 10,
      waitMs: 200,
    });
    this.#workers.push(worker);
    return worker;
  }

  /** Accepts interactions `from` … `to`, every third with feedback, and nudges. */
  async accept(from: number, to: number, nudged?: WorkQueue): Promise<void> {
    const refs = Array.from({ length: to - from }, (_, n) => refOf(from + n, (from + n) % 3 === 0 ? 1 : 0));
    await acceptAll(this.store, refs);
    for (const ref of refs) this.#accepted.set(ref.id, ref);
    nudged?.nudge();
  }

  async scored(): Promise<number> {
    return (await this.store.assessments.current(this.#refs())).filter((current) => current !== undefined).length;
  }

  /** Resolves once nothing is left to do. */
  async drained(milliseconds = 60_000): Promise<void> {
    await until(async () => {
      const { waiting, inFlight } = await this.store.work.figures(systemClock.now());
      if (waiting + inFlight > 0) throw new Error(`${waiting + inFlight} of ${this.#accepted.size} are left to assess`);
    }, milliseconds);
  }

  /** Every accepted event has exactly one row, and one current score, of its newest feedback; none is dead. */
  async expectWhole(): Promise<void> {
    await this.drained();
    const refs = this.#refs();
    const loaded = await this.store.interactions.load(refs);
    expect(loaded.map(({ interaction }) => interaction.facts.id).sort()).toEqual(refs.map(({ id }) => id).sort());
    const current = await this.store.assessments.current(refs);
    expect(current.map((each) => each?.feedbackSeq)).toEqual(refs.map(({ feedbackSeq }) => feedbackSeq));
    const rollups = await this.store.assessments.rollup({
      tenant: refs[0]?.tenant ?? "",
      policy: "team/coder",
      from: systemClock.now() - 7_200_000,
      to: systemClock.now() + 7_200_000,
      facet: "all",
      bucketMs: 4 * 3_600_000,
    });
    // What was scored twice would be counted twice.
    const counted = rollups.filter(({ dimension, facet }) => dimension === "overall" && facet === "all");
    expect(counted.reduce((sum, { n }) => sum + n, 0)).toBe(refs.length);
    expect((await this.store.work.dead(undefined, 10)).items).toEqual([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop(5000)));
    await Promise.all(this.#queues.map((queue) => queue.close()));
    await this.store.close();
  }

  #refs(): readonly WorkRef[] {
    return [...this.#accepted.values()];
  }
}
