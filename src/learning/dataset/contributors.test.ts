import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { capContributors, greatestLimit } from "./contributors.ts";
import { worstFirst } from "./rows.ts";
import { countsOf, rowsOf } from "./testing/rows.ts";

const of = (...sizes: number[]) => rowsOf(sizes.flatMap((size, contributor) => Array(size).fill({ contributor })));
const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 60 });
const share = fc.double({ min: 0.02, max: 1, noNaN: true });

describe("the cap of a contributor", () => {
  it("counts in what is left: 5 % of twenty who gave ten each, and one who gave a thousand, is ten", () => {
    const rows = of(...Array(20).fill(10), 1000);
    const cap = capContributors(rows, worstFirst(rows), 0.05, 1);
    expect(cap).toEqual({ asked: 0.05, applied: 0.05, contributors: 21, most: 10 });
    expect(rows.countIn()).toBe(210);
  });

  it("takes the worst examples, of equals the newer", () => {
    const rows = rowsOf([{ score: 5 }, { score: 3 }, { score: 5 }, { contributor: 1 }]);
    capContributors(rows, worstFirst(rows), 0.5, 1);
    expect([0, 1, 2, 3].filter((row) => rows.isIn(row))).toEqual([0, 3]);
    expect(rows.exclusionOf(1)).toBe("ContributorCap");
  });

  it("becomes an equal share, and says so, where too few contribute for it to hold", () => {
    const rows = of(100, 80, 60);
    const cap = capContributors(rows, worstFirst(rows), 0.05, 50);
    expect(cap).toMatchObject({ applied: 1 / 3, most: 60, relaxed: expect.stringContaining("3 contributors") });
  });

  it("gives way as far as it must for a team of which one does nearly everything", () => {
    const rows = of(1000, 5, 5);
    const cap = capContributors(rows, worstFirst(rows), 0.05, 200);
    expect(rows.countIn()).toBe(200);
    expect(cap).toMatchObject({ applied: 0.95, most: 190, relaxed: expect.stringContaining("too few examples") });
  });

  it("leaves a single contributor everything", () => {
    const rows = of(300);
    expect(capContributors(rows, worstFirst(rows), 0.05, 200)).toMatchObject({ applied: 1, most: 300 });
    expect(rows.countIn()).toBe(300);
  });

  it("holds for everybody, whoever contributed how much", () => {
    fc.assert(
      fc.property(sizes, share, fc.integer({ min: 1, max: 500 }), (all, asked, minExamples) => {
        const rows = of(...all);
        const cap = capContributors(rows, worstFirst(rows), asked, minExamples);
        const left = rows.countIn();
        for (const [, count] of countsOf(rows, rows.contributor)) {
          expect(count).toBeLessThanOrEqual(cap.applied * left + 1e-6);
        }
        if (all.length * asked >= 1) expect(cap.applied).toBe(asked);
        else expect(left).toBeGreaterThanOrEqual(Math.min(minExamples, rows.count));
      }),
    );
  });

  it("takes no more than it must: one more for everybody would break it", () => {
    fc.assert(
      fc.property(sizes, share, (all, asked) => {
        const sorted = [...all].sort((a, b) => a - b);
        const limit = greatestLimit(sorted, asked);
        const capped = (most: number) => sorted.reduce((sum, size) => sum + Math.min(size, most), 0);
        expect(limit).toBeLessThanOrEqual(asked * capped(limit) + 1e-6);
        for (let more = limit + 1; more <= Math.max(...all); more++) {
          expect(more).toBeGreaterThan(asked * capped(more));
        }
      }),
    );
  });
});
