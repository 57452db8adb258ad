import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { analyseQuality, type Figure, type Measure } from "./analysis.ts";
import { quantile, shortfall, wilson } from "./statistics.ts";

const figure = (facet: string, measure: Measure, n: number, mean: number): Figure => ({ facet, measure, n, mean });

describe("the analysis of low quality", () => {
  const now = [
    figure("all", "functionalCorrectness", 1000, 0.75),
    figure("language:go", "functionalCorrectness", 300, 0.5),
    figure("language:python", "functionalCorrectness", 700, 0.857),
    figure("tool:shell", "functionalCorrectness", 20, 0.1),
    figure("kind:prompt", "functionalCorrectness", 500, 0.74),
  ];

  it("names what lies below the rest, with sizes and bound in a sentence", () => {
    const { findings, lean } = analyseQuality(now, []);
    expect(findings.map(({ facet }) => facet)).toEqual(["language:go"]);
    expect(findings[0]?.sentence).toMatch(
      /^Language go: functionalCorrectness averages 0\.50 over 300 interactions, 0\.36 below the 0\.86 of the other 700 \(surely 0\.2\d\)\.$/,
    );
    expect(lean).toEqual({ toward: "neither" });
  });

  it("does not accuse small groups, small differences, or the only group there is", () => {
    const { findings } = analyseQuality(
      [
        figure("all", "overall", 1000, 0.7),
        figure("tool:shell", "overall", 29, 0.1),
        figure("kind:prompt", "overall", 500, 0.68),
        figure("language:go", "overall", 1000, 0.7),
      ],
      [],
    );
    expect(findings).toEqual([]);
  });

  it("puts first what costs most", () => {
    const { findings } = analyseQuality(
      [
        figure("all", "satisfaction", 10_000, 0.7),
        figure("language:cobol", "satisfaction", 100, 0.2),
        figure("tool:search", "satisfaction", 3000, 0.55),
      ],
      [],
    );
    expect(findings.map(({ facet }) => facet)).toEqual(["tool:search", "language:cobol"]);
  });

  it("leans stricter when satisfaction, correctness or the overall score fell, not when efficiency did", () => {
    const fell = (measure: Measure) =>
      analyseQuality([figure("all", measure, 500, 0.6)], [figure("all", measure, 500, 0.8)]);
    expect(fell("satisfaction")).toMatchObject({
      lean: { toward: "stricter", because: expect.stringContaining("0.20 below the 0.80 of the time before") },
    });
    expect(fell("efficiency")).toMatchObject({ findings: [{ kind: "Falling" }], lean: { toward: "neither" } });
  });

  it("says which dimension fails as such, without leaning for ever", () => {
    const { findings, lean } = analyseQuality([figure("all", "satisfaction", 500, 0.3)], []);
    expect(findings).toMatchObject([{ kind: "Failing", facet: "all", measure: "satisfaction" }]);
    expect(lean.toward).toBe("neither");
  });

  it("says nothing of nothing", () => {
    expect(analyseQuality([], [])).toEqual({ findings: [], comparisons: 0, lean: { toward: "neither" } });
  });

  it("seldom finds anything where all groups are alike, however many there are", () => {
    let seed = 7;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed / 2_147_483_648;
    };
    let withFindings = 0;
    for (let trial = 0; trial < 200; trial++) {
      const groups = Array.from({ length: 40 }, (_, index) => {
        const passed = Array.from({ length: 50 }, random).filter((draw) => draw < 0.6).length;
        return figure(`tool:t${index}`, "accepted", 50, passed / 50);
      });
      const mean = groups.reduce((sum, group) => sum + group.mean, 0) / groups.length;
      if (analyseQuality([figure("all", "accepted", 2000, mean), ...groups], []).findings.length > 0) withFindings += 1;
    }
    expect(withFindings / 200).toBeLessThanOrEqual(0.05);
  });
});

describe("the statistics", () => {
  it("know the normal quantile", () => {
    expect(quantile(0.025)).toBeCloseTo(1.959964, 4);
    expect(quantile(0.005)).toBeCloseTo(2.575829, 4);
    expect(quantile(1e-6)).toBeCloseTo(4.753424, 3);
  });

  it("bound a share by Wilson's interval", () => {
    expect(wilson({ n: 10, mean: 0 }, 1.96)).toMatchObject({ lower: 0, upper: expect.closeTo(0.2775, 3) });
    expect(wilson({ n: 0, mean: 0 }, 1.96)).toEqual({ lower: 0, upper: 1 });
  });

  it("are surer of more samples, and never surer than what was seen by much", () => {
    const mean = fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000);
    fc.assert(
      fc.property(mean, mean, fc.integer({ min: 30, max: 10_000 }), (low, high, n) => {
        fc.pre(low < high);
        const few = shortfall({ n, mean: low }, { n, mean: high }, 2);
        const many = shortfall({ n: n * 10, mean: low }, { n: n * 10, mean: high }, 2);
        expect(many.atLeast).toBeGreaterThanOrEqual(few.atLeast - 1e-12);
        expect(few.atLeast).toBeLessThanOrEqual(few.by);
      }),
    );
  });
});
