import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { balance, DOMINANT_SHARE } from "./balance.ts";
import { worstFirst } from "./rows.ts";
import { countsOf, rowsOf } from "./testing/rows.ts";

const of = (...counts: number[]) => rowsOf(counts.flatMap((count, language) => Array(count).fill({ language })));

describe("balance", () => {
  it("takes the worst of a value that crowds out the others until it holds 60 %", () => {
    const rows = of(80, 40);
    const balanced = balance(rows, worstFirst(rows), ["language"], 1);
    expect(balanced).toEqual([{ by: "language", value: 0, before: 80, after: 60 }]);
    expect(countsOf(rows, rows.language)).toEqual(
      new Map([
        [0, 60],
        [1, 40],
      ]),
    );
  });

  it("takes no more than half of a value, however rare the others are", () => {
    const rows = of(1000, 3);
    balance(rows, worstFirst(rows), ["language"], 1);
    expect(countsOf(rows, rows.language).get(0)).toBe(500);
  });

  it("makes no dataset too small", () => {
    const rows = of(200, 10);
    balance(rows, worstFirst(rows), ["language"], 205);
    expect(rows.countIn()).toBe(205);
  });

  it("leaves what is all of one kind alone", () => {
    const rows = of(50);
    expect(balance(rows, worstFirst(rows), ["language", "kind"], 1)).toEqual([]);
    expect(rows.countIn()).toBe(50);
  });

  it("ends with no value above the share, unless that one lost half or the set would be too small", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 2, maxLength: 8 }),
        fc.integer({ min: 1, max: 200 }),
        (counts, minExamples) => {
          const rows = of(...counts);
          balance(rows, worstFirst(rows), ["language"], minExamples);
          const left = rows.countIn();
          counts.forEach((before, language) => {
            const after = countsOf(rows, rows.language).get(language) ?? 0;
            const fair = after <= DOMINANT_SHARE * left + 1e-9;
            expect(fair || after <= Math.ceil(before / 2) || left <= minExamples).toBe(true);
          });
        },
      ),
    );
  });
});
