import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FORMS, worstFirst } from "./rows.ts";
import { rowsOf } from "./testing/rows.ts";
import { classifyThinking } from "./thinking.ts";

describe("the share of examples with reasoning", () => {
  it("marks the best answers without reasoning for the trainer to make a trace", () => {
    const rows = rowsOf([{ score: 1, reasoned: true }, { score: 2 }, { score: 9 }, { score: 5 }]);
    const ratio = classifyThinking(rows, worstFirst(rows), 0.75);
    expect([...rows.form.subarray(0, 4)]).toEqual([FORMS.reasoned, FORMS.plain, FORMS.needsTrace, FORMS.needsTrace]);
    expect(ratio).toEqual({
      asked: 0.75,
      reached: 0.25,
      reachedWithTraces: 0.75,
      withReasoning: 1,
      needTrace: 2,
      stripped: 0,
    });
  });

  it("leaves out the reasoning of the worst where all would think", () => {
    const rows = rowsOf([3, 1, 2, 4].map((score) => ({ score, reasoned: true })));
    expect(classifyThinking(rows, worstFirst(rows), 0.5)).toMatchObject({ reached: 0.5, stripped: 2 });
    expect([...rows.form.subarray(0, 4)]).toEqual([FORMS.reasoned, FORMS.stripped, FORMS.stripped, FORMS.reasoned]);
  });

  it("comes within half an example of what was asked in every split", () => {
    const row = fc.record({ score: fc.nat(100), reasoned: fc.boolean(), split: fc.integer({ min: 0, max: 2 }) });
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 80 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (all, asked) => {
          const rows = rowsOf(all);
          classifyThinking(rows, worstFirst(rows), asked);
          for (const split of [0, 1, 2]) {
            const members = all.flatMap((one, at) => (one.split === split ? [at] : []));
            const thinking = members.filter(
              (at) => rows.form[at] === FORMS.reasoned || rows.form[at] === FORMS.needsTrace,
            );
            expect(Math.abs(thinking.length - asked * members.length)).toBeLessThanOrEqual(0.5 + 1e-9);
          }
        },
      ),
    );
  });
});
