import { describe, expect, test } from "vitest";
import type { Scored } from "../../port.ts";
import { feedback, HOUR, idAt, interaction, keyOf, NOW, POLICY, score, tenantOf } from "../sample.ts";
import { type MakeStore, ownStore } from "../suite.ts";

export function assessing(make: MakeStore): void {
  describe("assessments", () => {
    const own = ownStore(make);
    const stored = async (name: string, feedbackCount = 0) => {
      const item = interaction({ tenant: tenantOf(name) });
      await own.store.interactions.accept([item], NOW);
      const key = keyOf(item);
      for (let n = 0; n < feedbackCount; n++) await own.store.interactions.acceptFeedback([feedback(key)], NOW);
      return key;
    };
    const history = async (tenant: string) =>
      (await own.tested.rows("SELECT overall FROM assessment WHERE tenant = $1 ORDER BY ordinal", tenant)).map(
        (row) => row.overall,
      );
    const works = async (tenant: string) =>
      (await own.tested.rows("SELECT id FROM work WHERE tenant = $1", tenant)).length;

    test("a score comes back as it was given, to the last digit", async () => {
      const key = await stored("whole");
      const given = score(key, {
        overall: 0.1 + 0.2,
        confidence: 1 / 3,
        dimensions: { efficiency: 2 / 3, satisfaction: 0 },
        why: ["No rating.", "Accepted, unmodified: High. \u0000"],
      });
      expect(await own.store.assessments.put([given], NOW + 7)).toEqual([true]);
      const { policy, at, threshold, facets, review, ...assessment } = given;
      const current = { ...assessment, assessedAt: NOW + 7 };
      expect(await own.store.assessments.current([key, { ...key, id: idAt() }])).toEqual([current, undefined]);
      expect((await own.store.interactions.load([key]))[0]?.assessment).toEqual(current);
    });

    test.each<[string, readonly Partial<Scored>[], readonly boolean[], number]>([
      [
        "newer feedback's score takes the place of the older",
        [{}, { feedbackSeq: 1, overall: 0.2 }],
        [true, true],
        0.2,
      ],
      ["a late one on older feedback does not", [{ feedbackSeq: 1 }, { overall: 0.2 }], [true, false], 0.8],
      ["another version on the same feedback does", [{}, { assessorVersion: "2", overall: 0.2 }], [true, true], 0.2],
      ["the same version on the same feedback changes nothing", [{}, { overall: 0.2 }], [true, true], 0.8],
      [
        "a person's stands against newer feedback",
        [
          { human: true, assessorVersion: "human" },
          { feedbackSeq: 2, overall: 0.2 },
        ],
        [true, false],
        0.8,
      ],
      [
        "a person's takes the place of newer feedback's",
        [{ feedbackSeq: 2 }, { human: true, assessorVersion: "human", overall: 0.2 }],
        [true, true],
        0.2,
      ],
    ])("%s", async (_, puts, current, overall) => {
      const key = await stored("precedence", 2);
      const answers: boolean[] = [];
      for (const [n, put] of puts.entries())
        answers.push(...(await own.store.assessments.put([score(key, put)], NOW + n)));
      expect(answers).toEqual(current);
      expect((await own.store.assessments.current([key]))[0]?.overall).toBe(overall);
      // The same in one batch, and in one that comes twice.
      const other = await stored("precedence", 2);
      const batch = puts.map((put) => score(other, put));
      expect(await own.store.assessments.put(batch, NOW)).toEqual(current);
      await own.store.assessments.put(batch.slice(-1), NOW);
      expect((await own.store.assessments.current([other]))[0]?.overall).toBe(overall);
    });

    test("what was current before stays as history, once each", async () => {
      const key = await stored("history", 2);
      for (const [n, overall] of [0.3, 0.5, 0.7].entries()) {
        const given = score(key, { feedbackSeq: n, overall });
        await own.store.assessments.put([given], NOW + n);
        await own.store.assessments.put([given], NOW + n + 100);
      }
      expect(await history(key.tenant)).toEqual([0.3, 0.5, 0.7]);
    });

    test("the row of work goes with the score, unless newer feedback came", async () => {
      const key = await stored("work", 1);
      await own.store.assessments.put([score(key, { feedbackSeq: 0 })], NOW);
      expect(await works(key.tenant)).toBe(1);
      await own.store.assessments.put([score(key, { feedbackSeq: 1 })], NOW);
      expect(await works(key.tenant)).toBe(0);
    });

    test("the row of work goes also where a person's score stands against it", async () => {
      const key = await stored("overruled");
      await own.store.assessments.put([score(key, { human: true, assessorVersion: "human" })], NOW);
      await own.store.interactions.acceptFeedback([feedback(key)], NOW);
      expect(await works(key.tenant)).toBe(1);
      expect(await own.store.assessments.put([score(key, { feedbackSeq: 1 })], NOW)).toEqual([false]);
      expect(await works(key.tenant)).toBe(0);
    });

    test("nothing is stored for an interaction that is not there", async () => {
      const key = { tenant: tenantOf("gone"), id: idAt() };
      expect(await own.store.assessments.put([score(key, { review: "Audit" })], NOW)).toEqual([false]);
      expect(await own.store.assessments.current([key])).toEqual([undefined]);
      expect(await own.store.reviews.counts(key.tenant)).toEqual({ waiting: 0, leased: 0, decided: 0 });
    });

    test("scores of the same interactions put by eight at once leave one current score each, and sums that fit", async () => {
      const tenant = tenantOf("eight");
      const batch = Array.from({ length: 20 }, () => interaction({ tenant }));
      await own.store.interactions.accept(batch, NOW);
      await Promise.all(
        Array.from({ length: 8 }, (_, n) => {
          const scores = batch.map((item) => score(keyOf(item), { assessorVersion: String(n), overall: n / 10 }));
          return own.store.assessments.put(n % 2 === 0 ? scores : scores.toReversed(), NOW);
        }),
      );
      const current = await own.store.assessments.current(batch.map(keyOf));
      const sum = current.reduce((all, one) => all + (one?.overall ?? Number.NaN), 0);
      const overall = (
        await own.store.assessments.rollup({
          tenant,
          policy: POLICY,
          from: NOW - HOUR,
          to: NOW + HOUR,
          facet: "all",
          bucketMs: HOUR,
        })
      ).find(({ dimension }) => dimension === "overall");
      expect(overall?.n).toBe(20);
      expect(overall?.mean).toBeCloseTo(sum / 20, 6);
    });
  });
}
