import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock, settle } from "../../testing/clock.ts";
import { silentLog } from "../../testing/log.ts";
import { keyOf } from "../queue/reference.ts";
import { replayDead } from "../queue/replay.ts";
import { TableQueue } from "../queue/table-queue.ts";
import { MemoryStore, scoreOf } from "../queue/testing/memory-store.ts";
import { refOf } from "../queue/testing/refs.ts";
import { StoreUnavailable } from "../store/errors.ts";
import type { LoadedInteraction } from "../store/port.ts";
import type { Assess } from "./batch.ts";
import { workerMetrics } from "./metrics.ts";
import { memoryScoreCache } from "./score-cache/memory.ts";
import { startWorker, type Worker, type WorkerOptions } from "./worker.ts";

describe("a worker", () => {
  let clock: ManualClock;
  let store: MemoryStore;
  let queue: TableQueue;
  let registry: Registry;
  let worker: Worker;
  let assessed: LoadedInteraction[];
  const start = (assess: Assess = (batch) => batch.map(scoreOf), options: Partial<WorkerOptions> = {}) => {
    worker = startWorker({
      store: store as unknown as WorkerOptions["store"],
      queue,
      assess: async (batch) => {
        assessed.push(...batch);
        return assess(batch);
      },
      assessorVersion: () => "v1",
      cache: memoryScoreCache(),
      clock,
      log: silentLog,
      metrics: workerMetrics(registry),
      ...options,
    });
  };
  beforeEach(() => {
    clock = new ManualClock();
    store = new MemoryStore();
    assessed = [];
    registry = new Registry();
    queue = new TableQueue({ work: store.work, owner: "test", clock, log: silentLog });
  });
  afterEach(async () => {
    const stopped = worker.stop(0);
    await clock.advance(2000);
    await stopped;
    await queue.close();
  });

  const accept = (...refs: ReturnType<typeof refOf>[]) => {
    for (const ref of refs) store.accept(ref, clock.now());
    queue.nudge();
  };
  const many = (count: number) => Array.from({ length: count }, (_, n) => refOf(n));
  const outcome = async (name: string) =>
    (await registry.getSingleMetric("qi_learning_assessed_total")?.get())?.values.find(
      ({ labels }) => labels.outcome === name,
    )?.value ?? 0;

  it("gives everything that was accepted one score, and leaves no work", async () => {
    start();
    accept(...many(120));
    await clock.advance(1000);
    expect(store.rows.size).toBe(0);
    expect(store.scores.size).toBe(120);
    expect(store.puts).toBe(120);
    expect(await outcome("current")).toBe(120);
  });

  it("assesses again when newer feedback came", async () => {
    start();
    accept(refOf(1));
    await clock.advance(1000);
    accept(refOf(1, 1));
    await clock.advance(1000);
    expect([...store.scores.values()]).toMatchObject([{ feedbackSeq: 1 }]);
    expect(store.rows.size).toBe(0);
  });

  it("lets one that cannot be assessed fail alone, bury it with a reason that says nothing of its text, and replays it", async () => {
    const poisoned = keyOf(refOf(17));
    let cured = false;
    start((batch) => {
      if (!cured && batch.some(({ interaction }) => keyOf(interaction.facts) === poisoned))
        throw new RangeError(`cannot read ${batch.map(({ interaction }) => interaction.content.input)}`);
      return batch.map(scoreOf);
    });
    accept(...many(40));
    await clock.advance(500);
    expect(store.scores.size).toBe(39);
    await clock.advance(60_000);
    const { items } = await store.work.dead(undefined, 10);
    expect(items).toMatchObject([{ ...refOf(17), deliveries: 5, reason: "AssessmentFailed: RangeError" }]);
    expect(await outcome("failed")).toBe(5);
    cured = true;
    expect(await replayDead(store.work, queue, [refOf(17)], clock.now())).toBe(1);
    await clock.advance(1000);
    expect(store.scores.size).toBe(40);
    expect(store.rows.size).toBe(0);
  });

  it("fails what the assessment leaves out or scores for an older state", async () => {
    start((batch) =>
      batch
        .filter(({ interaction }) => keyOf(interaction.facts) !== keyOf(refOf(1)))
        .map(scoreOf)
        .map((score) => (keyOf(score) === keyOf(refOf(2)) ? { ...score, feedbackSeq: 7 } : score)),
    );
    accept(...many(4));
    await clock.advance(60_000);
    const { items } = await store.work.dead(undefined, 10);
    expect(items.map(({ id, reason }) => [id, reason])).toEqual([
      [refOf(1).id, "AssessmentFailed: NotScored"],
      [refOf(2).id, "AssessmentFailed: NotScored"],
    ]);
    expect(store.scores.size).toBe(2);
  });

  it("does not wait for an assessment that never ends", async () => {
    start((batch) =>
      batch.some(({ interaction }) => keyOf(interaction.facts) === keyOf(refOf(3)))
        ? new Promise<never>(() => {})
        : batch.map(scoreOf),
    );
    accept(...many(6));
    await clock.advance(600_000);
    expect(store.scores.size).toBe(5);
    expect((await store.work.dead(undefined, 10)).items).toMatchObject([{ reason: "AssessmentFailed: TimedOut" }]);
  });

  it("waits while the store is away, assesses once, and loses nothing", async () => {
    start((batch) => {
      store.away = true;
      return batch.map(scoreOf);
    });
    accept(refOf(1), refOf(2));
    await clock.advance(30_000);
    expect(store.scores.size).toBe(0);
    const tried = assessed.length;
    expect(worker.liveness()).toBeUndefined();
    store.away = false;
    await clock.advance(6000);
    store.away = false;
    await clock.advance(6000);
    expect(store.scores.size).toBe(2);
    expect(assessed.length - tried).toBeLessThanOrEqual(1);
    expect(store.rows.size).toBe(0);
    expect((await store.work.dead(undefined, 10)).items).toEqual([]);
  });

  it("waits for a store that only the assessment asks", async () => {
    let away = true;
    start((batch) => {
      if (away) throw new StoreUnavailable("no thresholds now");
      return batch.map(scoreOf);
    });
    accept(refOf(1));
    await clock.advance(20_000);
    away = false;
    await clock.advance(6000);
    expect(store.scores.size).toBe(1);
    expect(await outcome("failed")).toBe(0);
  });

  it("settles what is not there any more", async () => {
    start();
    accept(refOf(1));
    store.seen.clear();
    await clock.advance(1000);
    expect(await outcome("gone")).toBe(1);
    expect(assessed).toEqual([]);
  });

  it("takes the score of what it assessed before from the cache", async () => {
    start();
    accept(refOf(1));
    await clock.advance(1000);
    // The same again, as after a lost answer.
    store.rows.clear();
    accept(refOf(1));
    await clock.advance(1000);
    expect(assessed).toHaveLength(1);
    expect(store.puts).toBe(2);
    expect(store.rows.size).toBe(0);
  });

  it("is alive while it is idle", async () => {
    start();
    await clock.advance(3_600_000);
    expect(worker.liveness()).toBeUndefined();
    expect(clock.now() - worker.lastProgressAt).toBeLessThan(5000);
  });

  it("says that it is stuck when the queue never answers", async () => {
    start(undefined, { queue: { ...silentQueue, take: () => new Promise<never>(() => {}) } });
    await clock.advance(119_000);
    expect(worker.liveness()).toBeUndefined();
    await clock.advance(2000);
    expect(worker.liveness()).toBe("no progress for 121 s");
  });

  it("says that it is stuck when one batch hangs, although others go on", async () => {
    let hung = false;
    const load = async (keys: readonly ReturnType<typeof refOf>[]) => {
      if (!hung) {
        hung = true;
        return new Promise<never>(() => {});
      }
      return store.interactions.load(keys);
    };
    start(undefined, {
      store: { interactions: { ...store.interactions, load } as never, assessments: store.assessments as never },
    });
    accept(refOf(1));
    await clock.advance(1000);
    accept(...many(20));
    await clock.advance(130_000);
    expect(store.scores.size).toBeGreaterThanOrEqual(19);
    expect(worker.liveness()).toMatch(/^no progress for/);
  });

  it("survives a queue that throws", async () => {
    let broken = true;
    const take = async (max: number, waitMs: number) => {
      if (broken) throw new Error("broken");
      return queue.take(max, waitMs);
    };
    start(undefined, { queue: { ...silentQueue, take } });
    accept(refOf(1));
    await clock.advance(5000);
    broken = false;
    await clock.advance(5000);
    expect(store.scores.size).toBe(1);
  });

  it("finishes what it has when it is stopped, and takes nothing more", async () => {
    let release = () => {};
    start(async (batch) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return batch.map(scoreOf);
    });
    accept(refOf(1));
    await clock.advance(10);
    const stopped = worker.stop(10_000);
    // The look for work that was under way ends first; what it still finds is done, too.
    await clock.advance(2000);
    accept(refOf(2));
    await clock.advance(2000);
    release();
    await settle();
    expect(await stopped).toBe("finished");
    expect([...store.scores.keys()]).toEqual([keyOf(refOf(1))]);
    expect(store.rows.has(keyOf(refOf(2)))).toBe(true);
  });

  it("gives up what does not end in time, without a word to the queue", async () => {
    start(() => new Promise<never>(() => {}));
    accept(refOf(1));
    await clock.advance(10);
    const stopped = worker.stop(5000);
    await clock.advance(5000);
    expect(await stopped).toBe("abandoned");
    await clock.advance(60_000);
    expect(store.rows.get(keyOf(refOf(1)))).toMatchObject({ deliveries: 1, buried: undefined });
    expect(await outcome("failed")).toBe(0);
  });
});

const silentQueue = {
  nudge: () => {},
  take: async () => [],
  done: async () => {},
  failed: async () => {},
  figures: async () => ({ waiting: 0, inFlight: 0, dead: 0, oldestAgeMs: 0, oldestDeadAgeMs: 0 }),
  close: async () => {},
};
