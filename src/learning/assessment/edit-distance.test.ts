import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editDistance } from "./edit-distance.ts";

const code = fc
  .array(fc.constantFrom("if", "(", ")", "x", "y1", "=", "+", "\n", "  ", "é", "💡", "return"), { maxLength: 60 })
  .map((parts) => parts.join(" "));

describe("the distance of an edit", () => {
  it("is the share of tokens changed", () => {
    expect(editDistance("const a = b + c;", "const a = b - c;")).toBeCloseTo(1 / 7);
    expect(editDistance("a b c d", "")).toBe(1);
    expect(editDistance("", "")).toBe(0);
  });

  it("is nothing for white space, and only for white space", () => {
    expect(editDistance("if(x){\n  y()\n}", "if (x)\n{\n\ty( )\n}\n")).toBe(0);
    expect(editDistance("ab", "a b")).toBeGreaterThan(0);
    fc.assert(
      fc.property(code, code, (a, b) => {
        const bare = (text: string) =>
          text
            .split(/\s+/)
            .filter((part) => part !== "")
            .join(" ");
        expect(editDistance(a, b) === 0).toBe(bare(a) === bare(b));
      }),
    );
  });

  it("is the same both ways and never more than all of it", () => {
    fc.assert(
      fc.property(code, code, (a, b) => {
        expect(editDistance(a, b)).toBeCloseTo(editDistance(b, a));
        expect(editDistance(a, b)).toBeLessThanOrEqual(1);
        expect(editDistance(a, b)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("takes a bounded time over code of any size, and still tells a little from a lot", () => {
    const line = (index: number, name: string) => `  const ${name}${index} = compute(${index}, "${index}");`;
    const long = (name: string) => Array.from({ length: 20_000 }, (_, index) => line(index, name)).join("\n");
    const offered = long("value");
    const started = performance.now();
    const little = editDistance(offered, offered.replaceAll("value1999", "other1999"));
    const all = editDistance(offered, long("result"));
    expect(performance.now() - started).toBeLessThan(3000);
    expect(little).toBeGreaterThan(0);
    expect(little).toBeLessThan(0.05);
    expect(all).toBeGreaterThan(0.9);
  });
});
