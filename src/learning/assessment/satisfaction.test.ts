import { describe, expect, it } from "vitest";
import { SCORING } from "../../domain/quality/numbers.ts";
import { functionalCorrectnessAssessor } from "./functional-correctness.ts";
import { satisfactionAssessor, userVoice } from "./satisfaction.ts";
import { type Said, subject } from "./testing/subject.ts";

const block = (after: string) => ({ language: "typescript", after });
const tenTokens = "a b c d e f g h i j";
const judged = (said: readonly Said[], code = [block(tenTokens)]) =>
  satisfactionAssessor.assess(subject({ code }, said));

describe("satisfaction", () => {
  it("has nothing to say without feedback, or with a comment alone", () => {
    expect(judged([])).toBeUndefined();
    expect(judged([{ type: "comment", text: "hm" }])).toBeUndefined();
  });

  it("takes an edit with no difference but white space for unmodified", () => {
    const said: Said[] = [
      { type: "acceptance", accepted: true },
      { type: "edit", after: `${tenTokens.replaceAll(" ", "\n")}\n` },
    ];
    expect(judged(said)?.value).toBe(SCORING.levels.high);
  });

  it("tells minor from major edits", () => {
    const edited = (after: string) =>
      judged([
        { type: "acceptance", accepted: true },
        { type: "edit", after },
      ])?.value;
    expect(edited("a b c d e f g h i X")).toBe(SCORING.levels.mediumHigh);
    expect(edited("X X X d e f g h i j")).toBe(SCORING.levels.medium);
  });

  it("counts an edit by its block's share of the code", () => {
    const other = block(tenTokens.replaceAll(" ", " + "));
    const code = [block(tenTokens), other];
    const voice = userVoice(subject({ code }, [{ type: "edit", block: 0, after: "" }]));
    expect(voice.changed).toBeCloseTo(tenTokens.length / (tenTokens.length + other.after.length));
  });

  it("overlooks an edit of a block that was never offered", () => {
    expect(judged([{ type: "edit", block: 7, after: "x" }])).toBeUndefined();
    expect(judged([{ type: "edit", after: "x" }], [])).toBeUndefined();
  });

  it("compares with an empty block without harm", () => {
    expect(judged([{ type: "edit", after: "filled" }], [block("")])?.value).toBe(SCORING.levels.medium);
    expect(judged([{ type: "edit", after: "" }], [block("")])?.value).toBe(SCORING.levels.high);
  });

  it("goes by the rating where feedback contradicts itself", () => {
    const said: Said[] = [
      { type: "rating", rating: 5 },
      { type: "acceptance", accepted: false },
      { type: "retention", point: "commit", share: 0 },
    ];
    expect(judged(said)).toMatchObject({ value: SCORING.levels.high, strength: 1 });
  });
});

describe("functional correctness", () => {
  it("is what was reported last", () => {
    const judge = (...said: Said[]) => functionalCorrectnessAssessor.assess(subject({}, said))?.value;
    expect(judge({ type: "compile", succeeded: false }, { type: "compile", succeeded: true })).toBe(1);
    expect(judge({ type: "rating", rating: 5 })).toBeUndefined();
  });
});
