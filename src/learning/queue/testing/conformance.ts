import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Milliseconds } from "../../../kube/clock.ts";
import type { DeadWork, WorkRef } from "../../store/port.ts";
import { MAX_DELIVERIES } from "../attempts.ts";
import type { Delivery, WorkQueue } from "../port.ts";
import { keyOf } from "../reference.ts";
import { refOf } from "./refs.ts";

/** A fresh queue over a fresh table, and what happens to that table beside it. */
export interface QueueUnderTest extends AsyncDisposable {
  /** Another consumer of the same queue, as in another process. */
  consumer(): WorkQueue;
  /** Interactions or feedback accepted: their rows are there when it resolves. Nobody is nudged. */
  accept(refs: readonly WorkRef[]): Promise<void>;
  /** The score was stored: the row is gone. */
  assess(refs: readonly WorkRef[]): Promise<void>;
  dead(): Promise<readonly DeadWork[]>;
  replay(nudged: WorkQueue): Promise<number>;
}

/** What consumers are made with, so that holds end and failures come back within a test. */
export const QUICK = { holdMs: 400, retry: { base: 5, cap: 20 } } as const;

const LONG: Milliseconds = 10_000;

/** What any queue must do. Nothing waits for a fixed time but where nothing may come. */
export function queueConformance(name: string, open: () => Promise<QueueUnderTest>): void {
  describe(`${name}, as a queue of work`, () => {
    let under: QueueUnderTest;
    let queue: WorkQueue;
    beforeEach(async () => {
      under = await open();
      queue = under.consumer();
    });
    afterEach(() => under[Symbol.asyncDispose]());

    const accept = async (...refs: WorkRef[]) => {
      await under.accept(refs);
      queue.nudge();
    };
    const takeOne = async (from = queue): Promise<Delivery> => {
      const [delivery] = await from.take(1, LONG);
      if (delivery === undefined) throw new Error("nothing was handed out");
      return delivery;
    };
    const takeAll = async (count: number, from = queue): Promise<readonly Delivery[]> => {
      const all: Delivery[] = [];
      while (all.length < count) {
        const some = await from.take(count - all.length, LONG);
        if (some.length === 0) throw new Error(`${all.length} of ${count} were handed out`);
        all.push(...some);
      }
      return all;
    };
    const names = (deliveries: readonly Delivery[]) => deliveries.map(({ ref }) => keyOf(ref)).sort();

    it("hands out what was accepted, as often as it said", async () => {
      const refs = [refOf(1), refOf(2), refOf(3)];
      await accept(...refs);
      // Interaction and feedback are accepted one after the other: what lies between may be handed out, too.
      const newest = new Map<string, WorkRef>();
      while (!refs.every((ref) => newest.get(ref.id)?.feedbackSeq === ref.feedbackSeq))
        for (const { ref, deliveries } of await takeAll(1)) {
          expect(deliveries).toBe(1);
          expect(ref.feedbackSeq).toBeGreaterThan(newest.get(ref.id)?.feedbackSeq ?? -1);
          newest.set(ref.id, ref);
        }
      expect([...newest.values()].sort((a, b) => a.id.localeCompare(b.id))).toEqual(refs);
    });

    it("answers with an empty list when nothing comes", async () => {
      expect(await queue.take(10, 30)).toEqual([]);
    });

    it("wakes who waits when there is something", async () => {
      const waiting = takeOne();
      await accept(refOf(1));
      expect((await waiting).ref).toEqual(refOf(1));
    });

    it("finds what nobody nudged for", async () => {
      await under.accept([refOf(1)]);
      expect((await takeOne()).ref).toEqual(refOf(1));
    });

    it("never gives one thing to two", async () => {
      const other = under.consumer();
      await accept(...Array.from({ length: 40 }, (_, n) => refOf(n)));
      const taken: Delivery[] = [];
      const takeShare = async (from: WorkQueue) => {
        while (taken.length < 40) taken.push(...(await from.take(3, 50)));
      };
      await Promise.all([takeShare(queue), takeShare(other)]);
      expect(names(taken)).toEqual([...new Set(names(taken))]);
      expect(taken).toHaveLength(40);
    });

    it("hands out nothing again that was done", async () => {
      await accept(refOf(1), refOf(2));
      const taken = await takeAll(2);
      await under.assess(taken.map(({ ref }) => ref));
      await queue.done(taken);
      expect(await under.consumer().take(10, 2 * QUICK.holdMs)).toEqual([]);
    });

    it("hands out what failed again, and counts", async () => {
      await accept(refOf(1));
      await queue.failed([await takeOne()], "AssessmentFailed: TypeError");
      const again = await takeOne();
      expect(again.ref).toEqual(refOf(1));
      expect(again.deliveries).toBe(2);
    });

    it("buries what failed five times, with the last reason, and nothing else", async () => {
      await accept(refOf(1));
      for (let n = 1; n <= MAX_DELIVERIES; n++) await queue.failed([await takeOne()], `Failed: ${n}`);
      expect(await under.dead()).toMatchObject([{ ...refOf(1), reason: "Failed: 5", deliveries: 5 }]);
      await accept(refOf(2));
      expect((await takeOne()).ref).toEqual(refOf(2));
    });

    it("hands out what was buried again after a replay, as if for the first time", async () => {
      await accept(refOf(1));
      for (let n = 1; n <= MAX_DELIVERIES; n++) await queue.failed([await takeOne()], "Failed");
      expect(await under.replay(queue)).toBe(1);
      expect(await takeOne()).toMatchObject({ ref: refOf(1), deliveries: 1 });
      expect(await under.dead()).toEqual([]);
    });

    it("hands out what a dead consumer held", async () => {
      const dying = under.consumer();
      await accept(refOf(1), refOf(2));
      await takeAll(2, dying);
      expect(names(await takeAll(2))).toEqual([keyOf(refOf(1)), keyOf(refOf(2))].sort());
    });

    it("buries what five consumers died of", async () => {
      await accept(refOf(1));
      for (let n = 1; n <= MAX_DELIVERIES; n++) expect((await takeOne(under.consumer())).deliveries).toBe(n);
      const last = under.consumer();
      for (let n = 0; n < 20 && (await under.dead()).length === 0; n++) expect(await last.take(1, 100)).toEqual([]);
      expect(await under.dead()).toMatchObject([{ ...refOf(1), reason: /^WorkerLost/, deliveries: 5 }]);
    });

    it("hands out alone what may have killed its consumers, so that nothing else is buried with it", async () => {
      const refs = Array.from({ length: 12 }, (_, n) => refOf(n));
      const killer = keyOf(refOf(5));
      await accept(...refs);
      let left = refs.length;
      // Every consumer assesses what it is handed until it meets the one that kills it.
      for (let consumer = under.consumer(), turns = 0; left > 0 && turns < 200; turns++) {
        const taken = await consumer.take(50, 100);
        if (names(taken).includes(killer)) {
          consumer = under.consumer();
          continue;
        }
        await under.assess(taken.map(({ ref }) => ref));
        await consumer.done(taken);
        left -= taken.length;
        if ((await under.dead()).length > 0) left--;
      }
      expect((await under.dead()).map(keyOf)).toEqual([killer]);
    });

    it("gives back at once what it holds when it is closed", async () => {
      const leaving = under.consumer();
      await accept(refOf(1));
      await takeOne(leaving);
      const since = performance.now();
      await leaving.close();
      expect((await takeOne()).ref).toEqual(refOf(1));
      expect(performance.now() - since).toBeLessThan(QUICK.holdMs);
      expect(await leaving.take(1, 10)).toEqual([]);
    });

    it("hands out newer feedback although the older is held, and settled afterwards", async () => {
      await accept(refOf(1));
      const older = await takeOne();
      await accept(refOf(1, 1));
      await queue.done([older]);
      const newer = await takeOne();
      expect(newer.ref).toEqual(refOf(1, 1));
    });

    it("lets the same be done twice, and failed after it was done", async () => {
      await accept(refOf(1));
      const delivery = await takeOne();
      await under.assess([delivery.ref]);
      await queue.done([delivery]);
      await queue.done([delivery]);
      await queue.failed([delivery], "late");
      expect(await queue.take(1, 2 * QUICK.holdMs)).toEqual([]);
      expect(await under.dead()).toEqual([]);
    });

    it("counts as the table does", async () => {
      await accept(refOf(1), refOf(2));
      const now = Date.now() + 1000;
      const figures = await queue.figures(now);
      expect(figures.waiting + figures.inFlight).toBe(2);
      expect(figures.oldestAgeMs).toBeGreaterThanOrEqual(1000);
      expect(figures.dead).toBe(0);
    });

    it("counts what is held apart from what waits", async () => {
      await accept(refOf(1), refOf(2));
      // As of before it was handed out: no hold can have ended by then, however slow the machine.
      const before = Date.now();
      const held = await takeOne();
      expect(await queue.figures(before)).toMatchObject({ waiting: 1, inFlight: 1 });
      await under.assess([held.ref]);
      await queue.done([held]);
      expect(await queue.figures(before)).toMatchObject({ waiting: 1, inFlight: 0 });
    });
  });
}
