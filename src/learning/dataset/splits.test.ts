import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Groups } from "./splits.ts";

const assigned = (sizes: readonly number[], places: readonly number[], validation: number, test: number) => {
  const groups = new Groups(Uint32Array.from(sizes), Float64Array.from(places), { validation, test });
  groups.assign();
  return groups;
};
const ones = (count: number) => Array<number>(count).fill(1);
const evenly = (count: number) => Array.from({ length: count }, (_, at) => (at + 0.5) / count);

describe("splits", () => {
  it("give a group to the split in which its hash lies", () => {
    const { splits, totals } = assigned(ones(100), evenly(100), 0.2, 0.1);
    expect([splits[0], splits[10], splits[50]]).toEqual([2, 1, 0]);
    expect(totals).toEqual([70, 20, 10]);
  });

  it("move the groups nearest to the border when chance gave a split too few", () => {
    const { splits, totals } = assigned(
      ones(100),
      evenly(100).map((place) => 0.5 + place / 2),
      0,
      0.1,
    );
    expect(totals).toEqual([92, 0, 8]);
    expect([...splits.subarray(0, 9)]).toEqual([2, 2, 2, 2, 2, 2, 2, 2, 0]);
  });

  it("and when it gave one too many", () => {
    const { totals } = assigned(
      ones(100),
      evenly(100).map((place) => place / 5),
      0,
      0.1,
    );
    expect(totals).toEqual([88, 0, 12]);
  });

  it("keep a group that is larger than a split in training", () => {
    expect(assigned([80, ...ones(20)], [0.001, ...evenly(20)], 0.1, 0.1).splits[0]).toBe(0);
  });

  it("would rather have too large a split than none", () => {
    expect(assigned([60, 40], [0.5, 0.6], 0, 0.05).totals).toEqual([60, 0, 40]);
  });

  it("leave a split empty when training would lose more than half", () => {
    expect(assigned([50, 50], [0.5, 0.6], 0.3, 0.3).totals).toEqual([50, 0, 50]);
    expect(assigned([100], [0], 0.1, 0.1).totals).toEqual([100, 0, 0]);
  });

  it("lose no row, and come near their shares whenever the groups are small", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ size: fc.integer({ min: 1, max: 4 }), place: fc.double({ min: 0, max: 0.999, noNaN: true }) }),
          {
            minLength: 100,
            maxLength: 400,
          },
        ),
        fc.double({ min: 0.05, max: 0.3, noNaN: true }),
        fc.double({ min: 0.05, max: 0.3, noNaN: true }),
        (all, validation, test) => {
          const { splits, totals } = assigned(
            all.map(({ size }) => size),
            all.map(({ place }) => place),
            validation,
            test,
          );
          const rows = all.reduce((sum, { size }) => sum + size, 0);
          const counted = [0, 0, 0];
          all.forEach(({ size }, at) => {
            counted[splits[at] ?? 0] = (counted[splits[at] ?? 0] ?? 0) + size;
          });
          expect(counted).toEqual(totals);
          expect(totals[0] + totals[1] + totals[2]).toBe(rows);
          for (const [at, share] of [
            [1, validation],
            [2, test],
          ] as const) {
            expect(Math.abs(totals[at] - share * rows)).toBeLessThanOrEqual(Math.max(1, 0.25 * share * rows) + 4);
          }
        },
      ),
    );
  });
});
