import { describe, expect, test } from "vitest";
import type { Rollup, RollupQuery, Scored } from "../../port.ts";
import { HOUR, interaction, keyOf, NOW, POLICY, score, tenantOf } from "../sample.ts";
import { type MakeStore, ownStore } from "../suite.ts";

const THIS_HOUR = Math.floor(NOW / HOUR) * HOUR;

export function summing(make: MakeStore): void {
  describe("rollups", () => {
    const own = ownStore(make);
    const put = async (tenant: string, scores: readonly Partial<Scored>[]) => {
      const batch = scores.map(() => interaction({ tenant }));
      await own.store.interactions.accept(batch, NOW);
      const given = batch.map((item, n) => score(keyOf(item), scores[n]));
      await own.store.assessments.put(given, NOW);
      return given;
    };
    const sums = (tenant: string, rest: Partial<RollupQuery> = {}): Promise<readonly Rollup[]> =>
      own.store.assessments.rollup({
        tenant,
        policy: POLICY,
        from: NOW - 24 * HOUR,
        to: NOW + HOUR,
        facet: "all",
        bucketMs: HOUR,
        ...rest,
      });

    test("count, mean, tenth percentile and how many were accepted, of the whole and of each dimension", async () => {
      const tenant = tenantOf("figures");
      const overalls = [0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.7, 0.85, 1];
      await put(
        tenant,
        overalls.map((overall) => ({ overall, dimensions: { efficiency: overall / 2 }, threshold: 0.7 })),
      );
      const [efficiency, overall, ...others] = await sums(tenant);
      expect(others).toEqual([]);
      expect(overall).toMatchObject({
        at: THIS_HOUR,
        facet: "all",
        dimension: "overall",
        n: 10,
        p10: 0.05,
        accepted: 3,
      });
      expect(overall?.mean).toBeCloseTo(0.5, 6);
      expect(efficiency).toMatchObject({ dimension: "efficiency", n: 10, p10: 0, accepted: 0 });
      expect(efficiency?.mean).toBeCloseTo(0.25, 6);
    });

    test("by facet, and by those that start with a word", async () => {
      const tenant = tenantOf("facets");
      await put(tenant, [
        { facets: ["kind:prompt", "language:go"], dimensions: {} },
        { facets: ["kind:prompt", "language:sql"], dimensions: {} },
      ]);
      const all = await own.store.assessments.rollup({
        tenant,
        policy: POLICY,
        from: NOW - HOUR,
        to: NOW + HOUR,
        bucketMs: HOUR,
      });
      expect(all.map(({ facet, n }) => [facet, n])).toEqual([
        ["all", 2],
        ["kind:prompt", 2],
        ["language:go", 1],
        ["language:sql", 1],
      ]);
      expect((await sums(tenant, { facet: "language:" })).map(({ facet }) => facet)).toEqual([
        "language:go",
        "language:sql",
      ]);
      expect(await sums(tenant, { facet: "%" })).toEqual([]);
      expect(await sums(tenant, { policy: "team/writer" })).toEqual([]);
      expect(await sums(tenantOf("nobody"))).toEqual([]);
    });

    test("in buckets as wide as asked, by the time of the interaction", async () => {
      const tenant = tenantOf("buckets");
      await put(
        tenant,
        [0, 1, 2, 5].map((hours) => ({ at: NOW - hours * HOUR, dimensions: {} })),
      );
      const wide = 3 * HOUR;
      const floor = (at: number) => Math.floor(at / wide) * wide;
      const expected = [0, 1, 2, 5].map((hours) => floor(NOW - hours * HOUR));
      const found = await sums(tenant, { bucketMs: wide });
      expect(found.map(({ at, n }) => [at, n])).toEqual(
        [...new Set(expected)].toSorted().map((at) => [at, expected.filter((other) => other === at).length]),
      );
    });

    test("only hours that begin inside the span, the first of them whole", async () => {
      const tenant = tenantOf("span");
      await put(
        tenant,
        [0, 1, 2, 3].map((hours) => ({ at: THIS_HOUR - hours * HOUR, dimensions: {} })),
      );
      const found = await sums(tenant, { from: THIS_HOUR - 2 * HOUR + 5, to: THIS_HOUR });
      expect(found.map(({ at }) => at)).toEqual([THIS_HOUR - 2 * HOUR, THIS_HOUR - HOUR]);
    });

    test("a score that takes another's place takes it out, with facets and hour of its own", async () => {
      const tenant = tenantOf("moved");
      const [first] = await put(tenant, [{ overall: 0.9, facets: ["kind:prompt"], dimensions: { satisfaction: 1 } }]);
      if (first === undefined) throw new Error("one was put");
      const next = {
        ...first,
        assessorVersion: "2",
        overall: 0.1,
        at: NOW - 2 * HOUR,
        facets: ["kind:command"],
        dimensions: { efficiency: 0.5 },
      };
      await own.store.assessments.put([next, next], NOW);
      await own.store.assessments.put([next], NOW);
      const found = await sums(tenant, { facet: "" });
      expect(found.map(({ at, facet, dimension, n, accepted }) => [at, facet, dimension, n, accepted])).toEqual([
        [THIS_HOUR - 2 * HOUR, "all", "efficiency", 1, 0],
        [THIS_HOUR - 2 * HOUR, "all", "overall", 1, 0],
        [THIS_HOUR - 2 * HOUR, "kind:command", "efficiency", 1, 0],
        [THIS_HOUR - 2 * HOUR, "kind:command", "overall", 1, 0],
      ]);
    });
  });
}
