import { describe, expect, test } from "vitest";
import { DAY, feedback, idAt, interaction, keyOf, NOW, policies, score } from "../sample.ts";
import type { MakeStore, StoreUnderTest } from "../suite.ts";

const TABLES = ["interaction", "feedback", "work", "assessment", "score", "review"] as const;

export function expiring(make: MakeStore): void {
  describe("retention", () => {
    /** Interactions that came in each day for as many, one of each policy. */
    const filled = async ({ store }: StoreUnderTest, days: number) => {
      const made: { day: number; policy: string; id: string }[] = [];
      for (let day = days; day >= 0; day--) {
        const now = NOW - day * DAY;
        await store.maintain(now);
        const batch = ["team/coder", "team/writer", "team/gone"].map((policy) =>
          interaction({ id: idAt(now), facts: { policy, subject: "ann" } }),
        );
        await store.interactions.accept(batch, now);
        const given = batch.map((item) => feedback(keyOf(item), undefined, { id: idAt(now) }));
        await store.interactions.acceptFeedback(given, now);
        await store.assessments.put(
          batch.map((item) => score(keyOf(item), { at: now, review: "Audit" })),
          now,
        );
        made.push(...batch.map(({ facts: { id, policy } }) => ({ day, policy, id })));
      }
      return made;
    };
    const ids = async (tested: StoreUnderTest, table: string) =>
      (await tested.rows(`SELECT id FROM ${table} ORDER BY id`)).map((row) => row.id);

    test("each policy's interactions go after its days, with all that hangs on them", async () => {
      await using tested = await make();
      const { store } = tested;
      await store.policies.replace(policies(1, { coder: 20, writer: 3 }));
      const made = await filled(tested, 30);
      await store.maintain(NOW);
      const kept = made
        .filter(({ day, policy }) => day <= (policy === "team/writer" ? 3 : 20))
        .map(({ id }) => id)
        .toSorted();
      for (const table of TABLES) expect([table, await ids(tested, table)]).toEqual([table, kept]);
    });

    test("without a policy nothing goes", async () => {
      await using tested = await make();
      const made = await filled(tested, 10);
      await tested.store.maintain(NOW + 300 * DAY);
      expect(await ids(tested, "interaction")).toHaveLength(made.length);
    });

    test("what may still come in finds its day, however short the retention", async () => {
      await using tested = await make();
      await tested.store.policies.replace(policies(1, { coder: 1 }));
      await filled(tested, 12);
      await tested.store.maintain(NOW);
      const late = interaction({ id: idAt(NOW - 7 * DAY) });
      expect(await tested.store.interactions.accept([late], NOW)).toEqual(["created"]);
    });

    test("a dataset's members stay as long as it does", async () => {
      await using tested = await make();
      const { store } = tested;
      await store.policies.replace(policies(1, { coder: 2 }));
      const item = interaction({ facts: { subject: "ann" } });
      await store.interactions.accept([item], NOW);
      await store.datasets.add(
        { sha256: "d1", tenant: "acme", policy: "team/coder", uri: "file:///x", manifest: {}, createdAt: NOW },
        (async function* () {
          yield [{ id: item.facts.id, split: "train" as const }];
        })(),
      );
      await store.maintain(NOW + 30 * DAY);
      expect(await ids(tested, "interaction")).toEqual([]);
      expect(await ids(tested, "dataset_member")).toEqual([item.facts.id]);
    });

    test("sums older than 400 days and tasks ended 30 days ago go; tasks that are open stay", async () => {
      await using tested = await make();
      const { store } = tested;
      const [old, recent] = [interaction(), interaction()];
      await store.interactions.accept([old, recent], NOW);
      const scores = [score(keyOf(old), { at: NOW - 401 * DAY }), score(keyOf(recent), { at: NOW - 399 * DAY })];
      await store.assessments.put(scores, NOW);
      for (const id of ["ended", "fresh", "open"])
        await store.tasks.create({ id, tenant: "acme", kind: "k", input: 0 }, NOW);
      const old31 = NOW - 31 * DAY;
      await store.tasks.claim(["k"], "w", DAY, old31);
      await store.tasks.succeed("ended", "w", 0, old31);
      await store.tasks.claim(["k"], "w", DAY, NOW - 29 * DAY);
      await store.tasks.fail("fresh", "w", "no", false, NOW - 29 * DAY);
      await store.maintain(NOW);
      const [{ least } = {}] = await tested.rows("SELECT min(hour) AS least FROM quality_rollup");
      expect(Number(least)).toBeGreaterThan(NOW - 400 * DAY);
      const { items } = await store.tasks.list("acme", "k", 10);
      expect(items.map(({ id }) => id).toSorted()).toEqual(["fresh", "open"]);
    });

    test("several processes may do it at once, again and again", async () => {
      await using tested = await make();
      const { store } = tested;
      await store.policies.replace(policies(1, { coder: 9, writer: 3 }));
      await filled(tested, 15);
      await Promise.all(Array.from({ length: 4 }, () => store.maintain(NOW)));
      await store.maintain(NOW);
      expect(await ids(tested, "interaction")).toHaveLength(10 + 4 + 10);
    });
  });
}
