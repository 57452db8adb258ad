import { describe, expect, test } from "vitest";
import type { ReviewDecision, Scored } from "../../port.ts";
import { feedback, HOUR, interaction, keyOf, NOW, POLICY, score, tenantOf } from "../sample.ts";
import { type MakeStore, ownStore } from "../suite.ts";

const MINUTE = 60_000;
const include: ReviewDecision = { verdict: "include", overall: 0.95, reviewer: "key-ann", note: "well done" };

export function reviewing(make: MakeStore): void {
  describe("reviews", () => {
    const own = ownStore(make);
    /** One item waiting for each score, in their order. */
    const waiting = async (name: string, scores: readonly Partial<Scored>[]) => {
      const tenant = tenantOf(name);
      const batch = scores.map((some) => interaction({ tenant, facts: { policy: some.policy ?? POLICY } }));
      await own.store.interactions.accept(batch, NOW);
      const given = batch.map((item, n) => score(keyOf(item), { review: "LowConfidence", ...scores[n] }));
      await own.store.assessments.put(given, NOW);
      return { tenant, keys: batch.map(keyOf) };
    };
    const one = async (name: string, rest: Partial<Scored> = {}) => {
      const { tenant, keys } = await waiting(name, [rest]);
      const [key] = keys;
      if (key === undefined) throw new Error("one was made");
      return { tenant, key };
    };

    test("the least confident comes first, then the oldest, in pages", async () => {
      const confidences = [0.5, 0.2, 0.5, 0.1, 0.3];
      const { tenant, keys } = await waiting(
        "list",
        confidences.map((confidence) => ({ confidence, overall: 0.4 })),
      );
      const first = await own.store.reviews.list(tenant, undefined, 3);
      const second = await own.store.reviews.list(tenant, undefined, 3, first.next);
      const order = [3, 1, 4, 0, 2];
      expect([...first.items, ...second.items]).toEqual(
        order.map((n) => ({
          key: keys[n],
          policy: POLICY,
          reason: "LowConfidence",
          state: "waiting",
          openedAt: NOW,
          predicted: 0.4,
          confidence: confidences[n],
        })),
      );
      expect(second.next).toBeUndefined();
    });

    test("only where a score asks for it, and once", async () => {
      const { tenant, key } = await one("asked", { review: "Audit" });
      await waiting("silent", [{ review: undefined }]);
      await own.store.assessments.put(
        [score(key, { assessorVersion: "2", review: "LowConfidence", overall: 0.1 })],
        NOW,
      );
      const { items } = await own.store.reviews.list(tenant, POLICY, 10);
      expect(items).toMatchObject([{ key, reason: "Audit", predicted: 0.8 }]);
      expect((await own.store.reviews.list(tenant, "team/writer", 10)).items).toEqual([]);
    });

    test("two people never hold the same item", async () => {
      const { tenant, keys } = await waiting(
        "crowd",
        Array.from({ length: 12 }, () => ({})),
      );
      const leases = await Promise.all(
        Array.from({ length: 20 }, (_, n) => own.store.reviews.lease(tenant, `person-${n}`, 15 * MINUTE, NOW)),
      );
      const held = leases.filter((lease) => lease !== undefined);
      expect(held.map(({ item }) => item.key.id).toSorted()).toEqual(keys.map(({ id }) => id).toSorted());
      expect(new Set(held.map(({ token }) => token)).size).toBe(12);
    });

    test("the next free one, or the one asked for, or one of a policy", async () => {
      const { tenant, keys } = await waiting("wanted", [
        { confidence: 0.1 },
        { confidence: 0.2 },
        { confidence: 0.3, policy: "team/writer" },
      ]);
      const [a, b, c] = keys;
      const lease = (wanted?: { policy?: string; id?: string }) =>
        own.store.reviews.lease(tenant, "ann", 15 * MINUTE, NOW, wanted);
      expect((await lease({ id: b?.id ?? "" }))?.item.key).toEqual(b);
      expect((await lease({ policy: "team/writer" }))?.item.key).toEqual(c);
      expect(await lease()).toMatchObject({ item: { key: a, state: "leased" }, until: NOW + 15 * MINUTE });
      expect(await lease()).toBeUndefined();
      const theirs = await own.store.reviews.lease(tenant, "bob", MINUTE, NOW, { id: b?.id ?? "" });
      expect(theirs).toBeUndefined();
    });

    test("who asks again for the item they hold gets it under a new token", async () => {
      const { tenant, key } = await one("reload");
      const first = await own.store.reviews.lease(tenant, "ann", MINUTE, NOW);
      const second = await own.store.reviews.lease(tenant, "ann", MINUTE, NOW, { id: key.id });
      expect(second?.token).not.toBe(first?.token);
      expect(await own.store.reviews.renew(key, first?.token ?? "", MINUTE, NOW)).toBe(false);
      expect(await own.store.reviews.renew(key, second?.token ?? "", MINUTE, NOW)).toBe(true);
    });

    test("a lease that ended is free again, and who had it can neither renew nor decide", async () => {
      const { tenant, key } = await one("ended");
      const first = await own.store.reviews.lease(tenant, "ann", MINUTE, NOW);
      const second = await own.store.reviews.lease(tenant, "bob", MINUTE, NOW + MINUTE);
      expect(second?.item.key).toEqual(key);
      const token = first?.token ?? "";
      expect(await own.store.reviews.renew(key, token, MINUTE, NOW + MINUTE)).toBe(false);
      expect(await own.store.reviews.release(key, token)).toBe(false);
      expect(await own.store.reviews.decide(key, token, include, 0.7, NOW + MINUTE)).toBe("lost");
      expect((await own.store.assessments.current([key]))[0]?.human).toBeUndefined();
    });

    test("a lease can be renewed and given back", async () => {
      const { tenant, key } = await one("renew");
      const token = (await own.store.reviews.lease(tenant, "ann", MINUTE, NOW))?.token ?? "";
      expect(await own.store.reviews.renew(key, token, 10 * MINUTE, NOW + 1)).toBe(true);
      expect(await own.store.reviews.lease(tenant, "bob", MINUTE, NOW + 5 * MINUTE)).toBeUndefined();
      expect(await own.store.reviews.release(key, token)).toBe(true);
      expect((await own.store.reviews.lease(tenant, "bob", MINUTE, NOW + 5 * MINUTE))?.item.key).toEqual(key);
    });

    test("a decision becomes the current score, moves the sums and ends the work", async () => {
      const { tenant, key } = await one("decide", { overall: 0.4, facets: ["kind:prompt"] });
      await own.store.interactions.acceptFeedback([feedback(key)], NOW);
      const token = (await own.store.reviews.lease(tenant, "ann", MINUTE, NOW))?.token ?? "";
      expect(await own.store.reviews.decide(key, token, include, 0.7, NOW + 9)).toBe("decided");
      const [current] = await own.store.assessments.current([key]);
      expect(current).toMatchObject({
        overall: 0.95,
        confidence: 1,
        human: true,
        assessorVersion: "human",
        feedbackSeq: 1,
        dimensions: { satisfaction: 0.9, codeQuality: 0.55 },
        assessedAt: NOW + 9,
      });
      expect(await own.tested.rows("SELECT id FROM work WHERE tenant = $1", tenant)).toEqual([]);
      const sums = await own.store.assessments.rollup({
        tenant,
        policy: POLICY,
        from: NOW - HOUR,
        to: NOW + HOUR,
        facet: "kind:",
        bucketMs: HOUR,
      });
      expect(sums.find(({ dimension }) => dimension === "overall")).toMatchObject({ n: 1, mean: 0.95, accepted: 1 });
      expect(await own.store.reviews.lease(tenant, "bob", MINUTE, NOW + HOUR)).toBeUndefined();
      expect((await own.store.reviews.list(tenant, undefined, 10)).items).toEqual([]);
    });

    test("what was decided can be read, by whom, when and with what words; nothing where nobody has", async () => {
      const { tenant, keys } = await waiting("read", [{ confidence: 0.1 }, { confidence: 0.2 }]);
      const [key, silent] = keys;
      if (key === undefined || silent === undefined) throw new Error("two were made");
      const { reviews } = own.store;
      const token = (await reviews.lease(tenant, "ann", MINUTE, NOW, { id: key.id }))?.token ?? "";
      expect(await reviews.decision(key)).toBeUndefined();
      await reviews.decide(key, token, include, 0.7, NOW + 9);
      expect(await reviews.decision(key)).toEqual({ ...include, decidedAt: NOW + 9 });
      const another = (await reviews.lease(tenant, "bob", MINUTE, NOW, { id: silent.id }))?.token ?? "";
      await reviews.decide(silent, another, { verdict: "exclude", overall: 0.1, reviewer: "bob" }, 0.7, NOW + 10);
      const decided = { verdict: "exclude", overall: 0.1, reviewer: "bob", decidedAt: NOW + 10 };
      expect(await reviews.decision(silent)).toEqual(decided);
      expect(await reviews.decision({ ...key, tenant: "another" })).toBeUndefined();
    });

    test("the same decision again, after a lost answer, is decided and changes nothing", async () => {
      const { tenant, key } = await one("again");
      const token = (await own.store.reviews.lease(tenant, "ann", MINUTE, NOW))?.token ?? "";
      await own.store.reviews.decide(key, token, include, 0.7, NOW + 1);
      expect(await own.store.reviews.decide(key, token, include, 0.7, NOW + 2)).toBe("decided");
      expect((await own.store.assessments.current([key]))[0]?.assessedAt).toBe(NOW + 1);
      expect(await own.tested.rows("SELECT ordinal FROM assessment WHERE tenant = $1", tenant)).toHaveLength(2);
    });

    test("counts what waits, is held, has a lease that ended, and is decided", async () => {
      const { tenant, keys } = await waiting("counts", [{}, {}, {}, {}]);
      own.tested.clock.at = NOW;
      await own.store.reviews.lease(tenant, "ann", MINUTE, NOW);
      const lease = await own.store.reviews.lease(tenant, "bob", 10 * MINUTE, NOW);
      const third = await own.store.reviews.lease(tenant, "cat", 10 * MINUTE, NOW);
      await own.store.reviews.decide(lease?.item.key ?? { tenant, id: "" }, lease?.token ?? "", include, 0.7, NOW);
      expect(await own.store.reviews.counts(tenant)).toEqual({ waiting: 1, leased: 2, decided: 1 });
      own.tested.clock.at = NOW + 2 * MINUTE;
      expect(await own.store.reviews.counts(tenant)).toEqual({ waiting: 2, leased: 1, decided: 1 });
      const { items } = await own.store.reviews.list(tenant, undefined, 10);
      expect(items.filter(({ state }) => state === "leased").map(({ key }) => key)).toEqual([third?.item.key]);
      expect(keys).toHaveLength(4);
    });

    test("calibration tells whether the person saw it on the same side of the threshold, newest first", async () => {
      const cases = [
        { overall: 0.8, verdict: "include", agreed: true },
        { overall: 0.8, verdict: "exclude", agreed: false },
        { overall: 0.2, verdict: "include", agreed: false },
        { overall: 0.2, verdict: "exclude", agreed: true },
      ] as const;
      const { tenant } = await waiting(
        "calibration",
        cases.map(({ overall }, n) => ({
          overall,
          confidence: n / 10,
          review: n % 2 === 0 ? "Audit" : "LowConfidence",
        })),
      );
      for (const [n, { verdict }] of cases.entries()) {
        const lease = await own.store.reviews.lease(tenant, "ann", MINUTE, NOW);
        if (lease === undefined) throw new Error("four wait");
        const decision = { verdict, overall: verdict === "include" ? 0.9 : 0.1, reviewer: "ann" };
        await own.store.reviews.decide(lease.item.key, lease.token, decision, 0.7, NOW + n);
      }
      const expected = cases.map(({ agreed }, n) => ({
        confidence: n / 10,
        agreed,
        reason: n % 2 === 0 ? "Audit" : "LowConfidence",
      }));
      expect(await own.store.reviews.calibration(tenant, POLICY, 10)).toEqual(expected.toReversed());
      expect(await own.store.reviews.calibration(tenant, POLICY, 1)).toEqual(expected.slice(-1));
      expect(await own.store.reviews.calibration(tenant, "team/writer", 10)).toEqual([]);
    });
  });
}
