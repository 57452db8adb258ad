import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calibrate, type ReviewedScore } from "./calibration.ts";

const review = { auditFraction: 0.02, belowConfidence: 0.6 };
const points = (n: number, agreed: number, confidence: number, reason: ReviewedScore["reason"] = "Audit") =>
  Array.from({ length: n }, (_, index): ReviewedScore => ({ confidence, agreed: index < agreed, reason }));

describe("calibration", () => {
  it("has no error where people agree as often as it was sure", () => {
    const { audit } = calibrate([...points(100, 90, 0.9), ...points(100, 70, 0.7)], review);
    expect(audit.error).toBeCloseTo(0);
    expect(audit.bins[9]).toMatchObject({ n: 100, confidence: expect.closeTo(0.9), agreement: 0.9 });
    expect(audit.bins[0]).toEqual({ from: 0, to: 0.1, n: 0, confidence: undefined, agreement: undefined });
  });

  it("weighs the error of each bin by what it holds", () => {
    const { audit } = calibrate([...points(300, 240, 0.9), ...points(100, 70, 0.7)], review);
    expect(audit.error).toBeCloseTo(0.75 * 0.1);
  });

  it("keeps audited and uncertain scores apart, and lets an audited one stand for those nobody saw", () => {
    const { everything, audit, lowConfidence } = calibrate(
      [...points(10, 10, 0.95), ...points(500, 0, 0.5, "LowConfidence")],
      review,
    );
    expect(audit.error).toBeCloseTo(0.05);
    expect(lowConfidence.error).toBeCloseTo(0.5);
    expect(everything.error).toBeCloseTo((500 * 0.05 + 500 * 0.5) / 1000);
  });

  it("recommends nothing from few reviews", () => {
    expect(calibrate([], review)).toMatchObject({ everything: { n: 0, error: undefined } });
    expect(calibrate(points(99, 99, 0.9), review).recommendation).toContain("say too little: 100 are needed");
  });

  it("recommends to ask people more often when it was too sure of itself", () => {
    const overconfident = [...points(100, 100, 0.95), ...points(100, 50, 0.75)];
    expect(calibrate(overconfident, review).recommendation).toMatch(
      /error is 0\.150 over 200 reviews; .* raise review\.belowConfidence from 0\.6 to 0\.9\.$/,
    );
  });

  it("recommends to ask less often when people agree with what was doubted", () => {
    const modest = [...points(100, 96, 0.95), ...points(100, 95, 0.65), ...points(200, 190, 0.35, "LowConfidence")];
    expect(calibrate(modest, review).recommendation).toMatch(/lower review\.belowConfidence from 0\.6 to 0\.3\.$/);
  });

  it("recommends to keep what fits, and to learn more where nothing is sure", () => {
    const fits = [...points(200, 190, 0.95), ...points(200, 180, 0.9), ...points(200, 180, 0.65)];
    expect(calibrate(fits, review).recommendation).toContain("keep review.belowConfidence at 0.6");
    expect(calibrate(points(200, 100, 0.95), review).recommendation).toContain("raise review.auditFraction");
  });

  it("keeps every error between 0 and 1 and every review in one bin", () => {
    const point = fc.record({
      confidence: fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000),
      agreed: fc.boolean(),
      reason: fc.constantFrom("Audit" as const, "LowConfidence" as const),
    });
    fc.assert(
      fc.property(fc.array(point, { minLength: 1 }), fc.constantFrom(0, 0.02, 1), (reviewed, auditFraction) => {
        const { everything } = calibrate(reviewed, { ...review, auditFraction });
        expect(everything.error).toBeGreaterThanOrEqual(0);
        expect(everything.error).toBeLessThanOrEqual(1);
        expect(everything.bins.reduce((sum, { n }) => sum + n, 0)).toBe(reviewed.length);
      }),
    );
  });
});
