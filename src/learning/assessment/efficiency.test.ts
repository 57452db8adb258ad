import { describe, expect, it } from "vitest";
import type { InteractionContent } from "../model.ts";
import { efficiencyAssessor } from "./efficiency.ts";
import { subject } from "./testing/subject.ts";

const words = (count: number) => Array.from({ length: count }, (_, index) => `word${index}`).join(" ");
const output = words(120);
const judged = (content: Partial<InteractionContent>, thinking = false) =>
  efficiencyAssessor.assess(subject({ output, ...content }, [], { thinking }));
const value = (content: Partial<InteractionContent>, thinking = false) =>
  judged(content, thinking)?.value ?? Number.NaN;

describe("efficiency", () => {
  it("has nothing to say of a short answer without figures", () => {
    expect(judged({ output: "Yes." })).toBeUndefined();
    expect(judged({ output: "" })).toBeUndefined();
  });

  it("falls with tokens and with time for the same answer", () => {
    const spent = (completionTokens: number, durationMs: number) => value({ usage: { completionTokens, durationMs } });
    expect(spent(250, 4000)).toBe(1);
    expect(spent(1000, 4000)).toBeLessThan(spent(500, 4000));
    expect(spent(250, 60_000)).toBeLessThan(spent(250, 20_000));
    expect(spent(1_000_000, 10_000_000)).toBeCloseTo(1 / 3);
  });

  it("allows more for reasoning", () => {
    const usage = { completionTokens: 1200, durationMs: 20_000 };
    expect(value({ usage }, true)).toBeGreaterThan(value({ usage }, false));
  });

  it("takes a figure of zero for good and not for a fault", () => {
    expect(value({ usage: { completionTokens: 0, durationMs: 0, timeToFirstTokenMs: 0 } })).toBe(1);
  });

  it("counts tools that failed, and not those that were denied", () => {
    const used = (...outcomes: ("succeeded" | "failed" | "denied")[]) =>
      judged({ context: { toolUsage: outcomes.map((outcome) => ({ name: "shell", outcome })) } })?.because;
    expect(used("succeeded", "failed", "denied")).toContain("tools 0.50");
    expect(used("denied")).not.toContain("tools");
  });

  it("falls where the text goes round in circles", () => {
    expect(judged({ output: `${words(20)} `.repeat(20) })?.because).toContain("loops 0.00");
    expect(judged({ reasoning: `${words(20)} `.repeat(50) })?.because).toContain("loops 0.00");
    expect(judged({})?.because).toContain("loops 1.00");
  });
});
