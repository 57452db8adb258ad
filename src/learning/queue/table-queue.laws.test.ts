import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock, settle } from "../../testing/clock.ts";
import { silentLog } from "../../testing/log.ts";
import { MAX_DELIVERIES } from "./attempts.ts";
import type { Delivery } from "./port.ts";
import { formatRef, keyOf } from "./reference.ts";
import { TableQueue } from "./table-queue.ts";
import { MemoryStore, scoreOf } from "./testing/memory-store.ts";
import { refOf } from "./testing/refs.ts";

const HOLD_MS = 1000;
const WORKERS = 3;
const INTERACTIONS = 6;

/** Workers that take, finish, fail, forget and die in any order, over a clock that a test moves. */
class Town {
  readonly clock = new ManualClock();
  readonly store = new MemoryStore();
  #runs = 0;
  readonly #queues: TableQueue[] = [];
  readonly #held: Delivery[][] = [];
  /** What was accepted: interaction → its newest feedback. */
  readonly accepted = new Map<string, number>();
  /** Who holds a reference, and until when. */
  readonly #holds = new Map<string, { worker: number; until: number }>();

  constructor() {
    for (let worker = 0; worker < WORKERS; worker++) this.#begin(worker);
  }

  accept(n: number): void {
    const ref = refOf(n, (this.accepted.get(keyOf(refOf(n))) ?? -1) + 1);
    this.accepted.set(keyOf(ref), ref.feedbackSeq);
    this.store.accept(ref, this.clock.now());
    for (const queue of this.#queues) queue.nudge();
  }

  async take(worker: number, max: number): Promise<void> {
    const taking = this.#queue(worker).take(max, 0);
    await settle();
    for (const delivery of await taking) {
      const name = formatRef(delivery.ref);
      const hold = this.#holds.get(name);
      if (hold !== undefined && hold.until > this.clock.now()) throw new Error(`${name} was given to two at once`);
      this.#holds.set(name, { worker, until: this.clock.now() + HOLD_MS });
      expect(delivery.deliveries).toBeLessThanOrEqual(MAX_DELIVERIES);
      this.#held[worker]?.push(delivery);
    }
  }

  /** Stores the score of the oldest that it holds, and says so or dies before. */
  async finish(worker: number, says: boolean): Promise<void> {
    const delivery = this.#held[worker]?.shift();
    if (delivery === undefined) return;
    await this.store.assessments.put((await this.store.interactions.load([delivery.ref])).map(scoreOf), 0);
    if (says) await this.#queue(worker).done([delivery]);
    this.#holds.delete(formatRef(delivery.ref));
  }

  async fail(worker: number): Promise<void> {
    const delivery = this.#held[worker]?.shift();
    if (delivery === undefined) return;
    await this.#queue(worker).failed([delivery], "Failed");
    this.#holds.delete(formatRef(delivery.ref));
  }

  /** Another process takes its place; what it held is nobody's until the hold ends. */
  die(worker: number): void {
    this.#begin(worker);
  }

  async leave(worker: number): Promise<void> {
    for (const { ref } of this.#held[worker] ?? []) this.#holds.delete(formatRef(ref));
    await this.#queue(worker).close();
    this.#begin(worker);
  }

  /** Everyone works until nothing is left. */
  async drain(): Promise<void> {
    for (let turns = 0; this.#alive() > 0; turns++) {
      if (turns > 200) throw new Error("work is left that nobody gets");
      for (let worker = 0; worker < WORKERS; worker++) {
        await this.take(worker, 4);
        while ((this.#held[worker]?.length ?? 0) > 0) await this.finish(worker, true);
      }
      await this.clock.advance(HOLD_MS);
    }
  }

  #alive(): number {
    return [...this.store.rows.values()].filter(({ buried }) => buried === undefined).length;
  }

  #queue(worker: number): TableQueue {
    const queue = this.#queues[worker];
    if (queue === undefined) throw new Error("no such worker");
    return queue;
  }

  #begin(worker: number): void {
    const owner = `worker-${worker}-run-${++this.#runs}`;
    const { work } = this.store;
    this.#queues[worker] = new TableQueue({ work, owner, clock: this.clock, log: silentLog, holdMs: HOLD_MS });
    this.#held[worker] = [];
  }
}

const worker = fc.nat({ max: WORKERS - 1 });
const event: fc.Arbitrary<(town: Town) => unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: INTERACTIONS - 1 }).map((n) => (town: Town) => town.accept(n)) },
  {
    weight: 5,
    arbitrary: fc.tuple(worker, fc.integer({ min: 1, max: 4 })).map(
      ([w, max]) =>
        (town: Town) =>
          town.take(w, max),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(worker, fc.boolean()).map(
      ([w, says]) =>
        (town: Town) =>
          town.finish(w, says),
    ),
  },
  { weight: 2, arbitrary: worker.map((w) => (town: Town) => town.fail(w)) },
  { weight: 1, arbitrary: worker.map((w) => (town: Town) => town.die(w)) },
  { weight: 1, arbitrary: worker.map((w) => (town: Town) => town.leave(w)) },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 1, max: 2 * HOLD_MS }).map((ms) => (town: Town) => town.clock.advance(ms)),
  },
);

describe("TableQueue, whatever order things happen in", () => {
  it("gives nothing to two at once, and everything ends with one score of its newest feedback, or dead with a reason", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (events) => {
        const town = new Town();
        for (const happen of events) await happen(town);
        await town.drain();
        for (const [key, seq] of town.accepted) {
          const dead = town.store.rows.get(key);
          if (dead !== undefined) expect(dead).toMatchObject({ deliveries: MAX_DELIVERIES, buried: { reason: /./ } });
          else expect(town.store.scores.get(key)?.feedbackSeq).toBe(seq);
        }
      }),
      { numRuns: 300 },
    );
  });
});
