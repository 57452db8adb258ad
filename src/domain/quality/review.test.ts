import { describe, expect, it } from "vitest";
import { reviewChoice } from "./review.ts";

const policy = { belowConfidence: 0.6, auditFraction: 0.02 };
const ids = Array.from({ length: 20_000 }, (_, index) => `0190d4a0-0000-7000-8000-${String(index).padStart(12, "0")}`);

describe("what people look at", () => {
  it("is every score less certain than the policy's bound", () => {
    expect(reviewChoice("a", 0.599, policy, "salt")).toBe("LowConfidence");
    expect(reviewChoice("a", 0.6, { ...policy, auditFraction: 0 }, "salt")).toBeUndefined();
  });

  it("is the asked share of the rest, whatever the ids look like", () => {
    const audited = ids.filter((id) => reviewChoice(id, 0.9, policy, "salt") === "Audit").length;
    expect(audited / ids.length).toBeGreaterThan(0.016);
    expect(audited / ids.length).toBeLessThan(0.024);
    expect(ids.every((id) => reviewChoice(id, 0.9, { ...policy, auditFraction: 1 }, "salt") === "Audit")).toBe(true);
  });

  it("is the same on every try, and another with another salt", () => {
    const chosen = (salt: string) => ids.filter((id) => reviewChoice(id, 0.9, policy, salt) !== undefined);
    expect(chosen("one")).toEqual(chosen("one"));
    expect(chosen("one")).not.toEqual(chosen("two"));
  });
});
