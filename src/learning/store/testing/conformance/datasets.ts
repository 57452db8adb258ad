import { describe, expect, test } from "vitest";
import type { DatasetMember, DatasetRecord, Scored } from "../../port.ts";
import { collect, DAY, feedback, idAt, interaction, keyOf, NOW, POLICY, score, tenantOf } from "../sample.ts";
import { type MakeStore, ownStore } from "../suite.ts";

async function* batches(...members: readonly (readonly DatasetMember[])[]): AsyncGenerator<readonly DatasetMember[]> {
  yield* members;
}

export function datasets(make: MakeStore): void {
  describe("datasets", () => {
    const own = ownStore(make);
    const record = (tenant: string, sha256: string, rest: Partial<DatasetRecord> = {}) => ({
      sha256,
      tenant,
      policy: POLICY,
      uri: `file:///datasets/${sha256}`,
      manifest: { rows: 3, note: "\u0000" },
      createdAt: NOW,
      ...rest,
    });
    const candidates = async (tenant: string, rest: { asOf?: number; minOverall?: number; from?: number } = {}) =>
      await collect(own.store.datasets.candidates({ tenant, policy: POLICY, asOf: NOW + DAY, minOverall: 0, ...rest }));
    const scored = async (tenant: string, scores: readonly Partial<Scored>[]) => {
      const batch = scores.map(() => interaction({ tenant }));
      await own.store.interactions.accept(batch, NOW);
      const given = batch.map((item, n) => score(keyOf(item), scores[n]));
      await own.store.assessments.put(given, NOW);
      return batch.map(keyOf);
    };

    test("candidates come by id, in batches, all of them once", async () => {
      const tenant = tenantOf("many");
      const batch = Array.from({ length: 1200 }, (_, n) =>
        interaction({ tenant, id: idAt(NOW - (n % 8) * (DAY - 1)) }),
      );
      await own.store.interactions.accept(batch, NOW);
      await own.store.assessments.put(
        batch.map((item) => score(keyOf(item))),
        NOW,
      );
      const sizes: number[] = [];
      const seen: string[] = [];
      const query = { tenant, policy: POLICY, asOf: NOW, minOverall: 0 };
      for await (const page of own.store.datasets.candidates(query)) {
        sizes.push(page.length);
        seen.push(...page.map(({ interaction: { facts } }) => facts.id));
      }
      expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
      expect(seen).toEqual(batch.map(({ facts }) => facts.id).toSorted());
    });

    test("only those of the policy, scored high enough, from a time on", async () => {
      const tenant = tenantOf("which");
      const batch = [
        interaction({ tenant }),
        interaction({ tenant }),
        interaction({ tenant, id: idAt(NOW - 2 * DAY) }),
        interaction({ tenant, facts: { policy: "team/writer" } }),
        interaction({ tenant }),
      ];
      await own.store.interactions.accept(batch, NOW);
      const [good, bad, old, other] = batch.map(keyOf);
      if (good === undefined || bad === undefined || old === undefined || other === undefined) throw new Error("made");
      const scores = [score(good), score(bad, { overall: 0.69 }), score(old), score(other)];
      await own.store.assessments.put(scores, NOW);
      const found = await candidates(tenant, { minOverall: 0.7, from: NOW - DAY });
      expect(found.map(({ interaction: { facts } }) => facts.id)).toEqual([good.id]);
    });

    test("a cut shows what stood then: scores, feedback and interactions", async () => {
      const tenant = tenantOf("cut");
      const [key] = await scored(tenant, [{ overall: 0.9 }]);
      if (key === undefined) throw new Error("one was made");
      const given = feedback(key);
      await own.store.interactions.acceptFeedback([given], NOW + 10);
      await own.store.assessments.put([score(key, { feedbackSeq: 1, overall: 0.2 })], NOW + 20);
      await own.store.interactions.accept([interaction({ tenant })], NOW + 30);
      const at = async (asOf: number, minOverall = 0) =>
        (await candidates(tenant, { asOf, minOverall })).map((one) => [
          one.assessment?.overall,
          one.interaction.feedbackSeq,
          one.feedback.map(({ seq }) => seq),
        ]);
      expect(await at(NOW - 1)).toEqual([]);
      expect(await at(NOW)).toEqual([[0.9, 0, []]]);
      expect(await at(NOW + 10)).toEqual([[0.9, 1, [1]]]);
      expect(await at(NOW + 20)).toEqual([[0.2, 1, [1]]]);
      expect(await at(NOW + 20, 0.5)).toEqual([]);
      expect(await at(NOW + 19, 0.5)).toEqual([[0.9, 1, [1]]]);
      expect(await at(NOW + DAY)).toEqual([[0.2, 1, [1]]]);
    });

    test("what a person decided holds against any threshold, in both directions", async () => {
      const tenant = tenantOf("verdict");
      const keys = await scored(tenant, [
        { overall: 0.4, review: "Audit", confidence: 0.1 },
        { overall: 0.9, review: "Audit", confidence: 0.2 },
      ]);
      for (const [verdict, overall] of [
        ["include", 0.65],
        ["exclude", 0.75],
      ] as const) {
        const lease = await own.store.reviews.lease(tenant, "ann", 1000, NOW);
        if (lease === undefined) throw new Error("two wait");
        const decision = { verdict, overall, reviewer: "ann" };
        await own.store.reviews.decide(lease.item.key, lease.token, decision, 0.7, NOW + 5);
      }
      const found = await candidates(tenant, { minOverall: 0.7 });
      expect(found.map(({ interaction: { facts }, assessment }) => [facts.id, assessment?.verdict])).toEqual([
        [keys[0]?.id, "include"],
      ]);
    });

    test("a clock that was set back does not reorder history", async () => {
      const tenant = tenantOf("clock");
      const [key] = await scored(tenant, [{ overall: 0.9 }]);
      if (key === undefined) throw new Error("one was made");
      await own.store.assessments.put([score(key, { assessorVersion: "2", overall: 0.3 })], NOW - DAY);
      expect(await candidates(tenant, { asOf: NOW - 1 })).toEqual([]);
      expect((await candidates(tenant, { asOf: NOW })).map(({ assessment }) => assessment?.overall)).toEqual([0.3]);
    });

    test("a reader that stops early leaves nothing behind", async () => {
      const tenant = tenantOf("early");
      await scored(
        tenant,
        Array.from({ length: 600 }, () => ({})),
      );
      for await (const page of own.store.datasets.candidates({ tenant, policy: POLICY, asOf: NOW, minOverall: 0 })) {
        expect(page.length).toBeGreaterThan(0);
        expect(page.length).toBeLessThan(600);
        break;
      }
      await own.store.ping();
    });

    test("a dataset is seen once all its members are in, and comes back as it was given", async () => {
      const tenant = tenantOf("add");
      const keys = await scored(tenant, [{}, {}, {}]);
      const given = record(tenant, "aa");
      const members = keys.map(({ id }): DatasetMember => ({ id, split: "train" }));
      async function* watched(): AsyncGenerator<readonly DatasetMember[]> {
        yield members.slice(0, 1);
        expect(await own.store.datasets.get(tenant, "aa")).toBeUndefined();
        expect((await own.store.datasets.list(tenant, undefined, 10)).items).toEqual([]);
        yield members.slice(1);
      }
      await own.store.datasets.add(given, watched());
      expect(await own.store.datasets.get(tenant, "aa")).toEqual({ ...given, erasedAt: undefined });
      expect(await own.store.datasets.get("another", "aa")).toBeUndefined();
      expect(await own.tested.rows("SELECT id FROM dataset_member WHERE tenant = $1", tenant)).toHaveLength(3);
    });

    test("adding that was interrupted goes on, and once more changes nothing", async () => {
      const tenant = tenantOf("interrupted");
      const keys = await scored(tenant, [{}, {}]);
      const given = record(tenant, "aa");
      const members = keys.map(({ id }): DatasetMember => ({ id, split: "test" }));
      async function* broken(): AsyncGenerator<readonly DatasetMember[]> {
        yield members.slice(0, 1);
        throw new Error("the builder died");
      }
      await expect(own.store.datasets.add(given, broken())).rejects.toThrow("the builder died");
      expect(await own.store.datasets.get(tenant, "aa")).toBeUndefined();
      await own.store.datasets.add(given, batches(members));
      await own.store.datasets.add(given, batches(members));
      expect(await own.store.datasets.get(tenant, "aa")).toMatchObject({ uri: given.uri });
      expect(await own.tested.rows("SELECT id FROM dataset_member WHERE tenant = $1", tenant)).toHaveLength(2);
    });

    test("one is found by its checksum and by that of each of its files, once all of it is in", async () => {
      const tenant = tenantOf("holding");
      const { datasets } = own.store;
      const digest = (letter: string) => letter.repeat(64);
      const manifest = (...files: string[]) => ({ splits: { train: { files: files.map((sha256) => ({ sha256 })) } } });
      await datasets.add(record(tenant, digest("a"), { manifest: manifest(digest("b"), digest("c")) }), batches());
      await datasets.add(record(tenant, digest("d"), { manifest: manifest(digest("c")) }), batches());
      expect(await datasets.holding(tenant, digest("a"))).toEqual([digest("a")]);
      expect(await datasets.holding(tenant, digest("b"))).toEqual([digest("a")]);
      expect(await datasets.holding(tenant, digest("c"))).toEqual([digest("a"), digest("d")]);
      expect(await datasets.holding(tenant, digest("e"))).toEqual([]);
      expect(await datasets.holding("another", digest("a"))).toEqual([]);
      expect(await datasets.holding(tenant, "%")).toEqual([]);
    });

    test("one that is withdrawn says since when, whole or not, and is found by its policy", async () => {
      const tenant = tenantOf("withdraw");
      const { datasets } = own.store;
      await datasets.add(record(tenant, "whole"), batches());
      await datasets.add(record(tenant, "kept"), batches());
      await datasets.add(record(tenant, "other", { policy: "team/writer" }), batches());
      expect(await datasets.withdrawn(tenant, POLICY)).toEqual([]);
      await datasets.withdraw(tenant, "whole", NOW + 5);
      await datasets.withdraw(tenant, "whole", NOW + 6);
      await datasets.withdraw(tenant, "other", NOW + 7);
      async function* watched(): AsyncGenerator<readonly DatasetMember[]> {
        await datasets.withdraw(tenant, "building", NOW + 8);
        expect(await datasets.withdrawn(tenant, POLICY)).toEqual(["building", "whole"]);
        yield [];
      }
      await datasets.add(record(tenant, "building"), watched());
      expect((await datasets.get(tenant, "building"))?.erasedAt).toBe(NOW + 8);
      expect((await datasets.get(tenant, "whole"))?.erasedAt).toBe(NOW + 5);
      expect((await datasets.get(tenant, "kept"))?.erasedAt).toBeUndefined();
      expect(await datasets.withdrawn(tenant, POLICY)).toEqual(["building", "whole"]);
      expect(await datasets.withdrawn("another", POLICY)).toEqual([]);
    });

    test("those that hold what has expired are known, unless they are withdrawn or not whole", async () => {
      const tenant = tenantOf("expired");
      const { datasets } = own.store;
      const [kept] = await scored(tenant, [{}]);
      if (kept === undefined) throw new Error("one was made");
      const member = (id: string): DatasetMember => ({ id, split: "train" });
      const gone = member(idAt(NOW - 3 * DAY));
      await datasets.add(record(tenant, "b"), batches([member(kept.id)], [gone]));
      await datasets.add(record(tenant, "a"), batches([gone]));
      await datasets.add(record(tenant, "living"), batches([member(kept.id)]));
      await datasets.add(record(tenant, "empty"), batches());
      await datasets.add(record(tenant, "other", { policy: "team/writer" }), batches([gone]));
      await datasets.add(record(tenant, "withdrawn"), batches([gone]));
      await datasets.withdraw(tenant, "withdrawn", NOW);
      async function* watched(): AsyncGenerator<readonly DatasetMember[]> {
        yield [gone];
        expect((await datasets.withExpired(tenant, POLICY)).map(({ sha256 }) => sha256)).toEqual(["a", "b"]);
      }
      await datasets.add(record(tenant, "building"), watched());
      const [first] = await datasets.withExpired(tenant, POLICY);
      expect(first).toEqual({ ...record(tenant, "a"), erasedAt: undefined });
      expect(await datasets.withExpired("another", POLICY)).toEqual([]);
    });

    test("listed newest first, by policy, in pages", async () => {
      const tenant = tenantOf("list");
      for (let n = 0; n < 5; n++)
        await own.store.datasets.add(record(tenant, `s${n}`, { createdAt: NOW + Math.floor(n / 2) }), batches());
      await own.store.datasets.add(record(tenant, "other", { policy: "team/writer" }), batches());
      const first = await own.store.datasets.list(tenant, POLICY, 3);
      const second = await own.store.datasets.list(tenant, POLICY, 3, first.next);
      const found = [...first.items, ...second.items].map(({ sha256 }) => sha256);
      expect(found).toEqual(["s4", "s3", "s2", "s1", "s0"]);
      expect((await own.store.datasets.list(tenant, undefined, 10)).items).toHaveLength(6);
    });
  });
}
