import { describe, expect, test } from "vitest";
import type { WorkRef } from "../../port.ts";
import { interaction, keyOf, NOW, score, tenantOf } from "../sample.ts";
import { type MakeStore, ownStore } from "../suite.ts";

const MINUTE = 60_000;

export function working(make: MakeStore): void {
  describe("work", () => {
    const own = ownStore(make);
    /** Stores as many and does away with all work of other tests, so that figures are of these alone. */
    const stored = async (name: string, count: number, now = NOW) => {
      await own.tested.rows("DELETE FROM work");
      const tenant = tenantOf(name);
      const batch = Array.from({ length: count }, () => interaction({ tenant }));
      for (const [n, item] of batch.entries()) await own.store.interactions.accept([item], now + n);
      return batch.map((item): WorkRef => ({ ...keyOf(item), feedbackSeq: 0 }));
    };
    const relayed = async (sentBefore: number, now: number, limit = 100) => {
      const sent: WorkRef[] = [];
      await own.store.work.relay(limit, sentBefore, async (refs) => void sent.push(...refs), now);
      return sent;
    };

    test("relays what was not sent yet, oldest first, once", async () => {
      const refs = await stored("relay", 5);
      expect(await relayed(NOW - MINUTE, NOW + 10, 3)).toEqual(refs.slice(0, 3));
      expect(await relayed(NOW - MINUTE, NOW + 10)).toEqual(refs.slice(3));
      expect(await relayed(NOW - MINUTE, NOW + 10)).toEqual([]);
    });

    test("relays again what was sent long ago and is still there", async () => {
      const [done, open] = await stored("resend", 2);
      if (done === undefined || open === undefined) throw new Error("two were made");
      await relayed(NOW, NOW);
      await own.store.assessments.put([score(done)], NOW + 1);
      expect(await relayed(NOW, NOW + MINUTE)).toEqual([]);
      expect(await relayed(NOW + 1, NOW + MINUTE)).toEqual([open]);
    });

    test("rows whose sending failed are not sent yet, and the failure is told", async () => {
      const refs = await stored("failed", 2);
      const failing = own.store.work.relay(10, NOW, () => Promise.reject(new Error("no Redis")), NOW);
      await expect(failing).rejects.toThrow("no Redis");
      expect(await relayed(NOW - MINUTE, NOW)).toEqual(refs);
    });

    test("two that relay at once send each row once", async () => {
      const refs = await stored("both", 40);
      const parts = await Promise.all(Array.from({ length: 4 }, () => relayed(NOW, NOW + MINUTE, 15)));
      const sent = parts.flat().map(({ id }) => id);
      expect(sent.toSorted()).toEqual(refs.map(({ id }) => id).toSorted());
    });

    test("what a relay held when it died is relayed by another after a while", async () => {
      const refs = await stored("died", 1);
      // It holds the rows, and that is durable, once it is asked to send them.
      await new Promise<void>((holds) => {
        const sending = () => {
          holds();
          return new Promise<void>(() => undefined);
        };
        void own.store.work.relay(10, NOW, sending, NOW);
      });
      expect(await relayed(NOW, NOW + 1)).toEqual([]);
      expect(await relayed(NOW, NOW + MINUTE)).toEqual(refs);
    });

    test("feedback that came while it was sent makes it unsent", async () => {
      const [ref] = await stored("meanwhile", 1);
      if (ref === undefined) throw new Error("one was made");
      await own.store.work.relay(
        10,
        NOW,
        async () => {
          await own.tested.rows("UPDATE work SET feedback_seq = 1, relay_until = 0 WHERE tenant = $1", ref.tenant);
        },
        NOW,
      );
      expect(await relayed(NOW - MINUTE, NOW + 1)).toEqual([{ ...ref, feedbackSeq: 1 }]);
    });

    test("hands out the oldest first and never what somebody holds", async () => {
      const refs = await stored("lease", 5);
      const first = await own.store.work.lease("a", 2, MINUTE, NOW + 10);
      expect(first).toEqual(refs.slice(0, 2).map((ref) => ({ ...ref, deliveries: 1 })));
      const rest = await own.store.work.lease("b", 10, MINUTE, NOW + 10);
      expect(rest).toEqual(refs.slice(2).map((ref) => ({ ...ref, deliveries: 1 })));
      expect(await own.store.work.lease("c", 10, MINUTE, NOW + 10)).toEqual([]);
    });

    test("a lease that ended is handed out again and counted", async () => {
      const [ref] = await stored("ended", 1);
      await own.store.work.lease("a", 1, MINUTE, NOW);
      expect(await own.store.work.lease("b", 1, MINUTE, NOW + MINUTE - 1)).toEqual([]);
      expect(await own.store.work.lease("b", 1, MINUTE, NOW + MINUTE)).toEqual([{ ...ref, deliveries: 2 }]);
    });

    test("what is given back is free at once, but only by who holds it", async () => {
      const [ref] = await stored("release", 1);
      if (ref === undefined) throw new Error("one was made");
      await own.store.work.lease("a", 1, MINUTE, NOW);
      await own.store.work.release("b", [ref]);
      expect(await own.store.work.lease("b", 1, MINUTE, NOW)).toEqual([]);
      await own.store.work.release("a", [ref]);
      expect(await own.store.work.lease("b", 1, MINUTE, NOW)).toHaveLength(1);
    });

    test("never the same to two, however many ask at once", async () => {
      const refs = await stored("crowd", 60);
      const second = await own.tested.another();
      const stores = [own.store, second ?? own.store];
      const parts = await Promise.all(
        Array.from(
          { length: 12 },
          async (_, n) => (await stores[n % 2]?.work.lease(`w${n}`, 7, MINUTE, NOW + 100)) ?? [],
        ),
      );
      await second?.close();
      const handed = parts.flat().map(({ id }) => id);
      expect(handed.toSorted()).toEqual(refs.map(({ id }) => id).toSorted());
    });

    test("buried work waits with its reason, listed oldest first, and replays on demand", async () => {
      const refs = await stored("dead", 5);
      const tenant = refs[0]?.tenant ?? "";
      for (const [n, ref] of refs.entries()) await own.store.work.bury(ref, `poison\u0000 ${n}`, 5, NOW + n);
      expect(await own.store.work.lease("a", 10, MINUTE, NOW + MINUTE)).toEqual([]);
      expect(await relayed(NOW + MINUTE, NOW + MINUTE)).toEqual([]);
      const first = await own.store.work.dead(tenant, 3);
      expect(first.items).toEqual(
        refs.slice(0, 3).map((ref, n) => ({ ...ref, reason: `poison ${n}`, deliveries: 5, buriedAt: NOW + n })),
      );
      const second = await own.store.work.dead(undefined, 3, first.next);
      expect(second.items.map(({ id }) => id)).toEqual(refs.slice(3).map(({ id }) => id));
      expect(second.next).toBeUndefined();
      expect(await own.store.work.replay(refs.slice(0, 1), NOW + MINUTE)).toBe(1);
      expect(await own.store.work.replay(refs.slice(0, 1), NOW + MINUTE)).toBe(0);
      expect(await own.store.work.replay(undefined, NOW + MINUTE)).toBe(4);
      const again = await own.store.work.lease("a", 10, MINUTE, NOW + MINUTE);
      expect(again.map(({ deliveries }) => deliveries)).toEqual([1, 1, 1, 1, 1]);
    });

    test("work that newer feedback renewed is not buried by who held the old", async () => {
      const [ref] = await stored("renewed", 1);
      if (ref === undefined) throw new Error("one was made");
      await own.store.work.bury({ ...ref, feedbackSeq: 7 }, "poison", 5, NOW);
      expect((await own.store.work.dead(ref.tenant, 5)).items).toEqual([]);
    });

    test("figures count what waits, is held and is dead, and how old the oldest is", async () => {
      const refs = await stored("figures", 5);
      const [, dead] = refs;
      if (dead === undefined) throw new Error("five were made");
      await own.store.work.lease("a", 1, MINUTE, NOW + 10);
      await own.store.work.bury(dead, "poison", 5, NOW + 20);
      expect(await own.store.work.figures(NOW + 1000)).toEqual({
        waiting: 3,
        inFlight: 1,
        dead: 1,
        oldestAgeMs: 1000,
        oldestDeadAgeMs: 980,
      });
    });

    test("figures of an empty table are zero", async () => {
      await stored("empty", 0);
      expect(await own.store.work.figures(NOW)).toEqual({
        waiting: 0,
        inFlight: 0,
        dead: 0,
        oldestAgeMs: 0,
        oldestDeadAgeMs: 0,
      });
    });
  });
}
