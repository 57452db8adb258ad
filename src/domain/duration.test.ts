import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { milliseconds, seconds } from "./duration.ts";

describe("a duration", () => {
  it.each([
    ["90s", 90_000],
    ["1h30m", 5_400_000],
    ["1.5h", 5_400_000],
    ["250ms", 250],
    ["1m250ms", 60_250],
    ["168h", 604_800_000],
  ])("%s is %d ms", (text, expected) => expect(milliseconds(text)).toBe(expected));

  it.each(["", "90", "s", "-1s", "1d", "1h ", "1h30", " 1h", "1.h", "NaNs", "1H"])("%j is none", (text) =>
    expect(() => milliseconds(text)).toThrow(/is not a duration/),
  );

  it("is the sum of its parts, in whatever order they stand", () => {
    const part = fc.record({ amount: fc.integer({ min: 0, max: 1e6 }), unit: fc.constantFrom("ms", "s", "m", "h") });
    const worth = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const text = parts.map(({ amount, unit }) => `${amount}${unit}`).join("");
        expect(milliseconds(text)).toBe(parts.reduce((sum, { amount, unit }) => sum + amount * worth[unit], 0));
      }),
    );
  });

  it("is at least one second where Kubernetes wants seconds", () => {
    expect([seconds("1ms"), seconds("0s"), seconds("1001ms"), seconds("12h")]).toEqual([1, 1, 2, 43_200]);
  });
});
