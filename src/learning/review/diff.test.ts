import { applyPatch, formatPatch } from "diff";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CodeChange } from "../../api/learning/review-code.ts";
import { comparer, DIFF_LIMITS } from "./diff.ts";

const still = () => 0;
const compare = comparer(still);

describe("a comparison of code", () => {
  it("names what was removed and added, with lines around it", () => {
    expect(compare("a\nb\nc\n", "a\nB\nc\n")).toEqual({
      state: "compared",
      added: 1,
      removed: 1,
      hunks: [{ oldStart: 1, newStart: 1, lines: [" a", "-b", "+B", " c"] }],
    });
  });

  it("has no hunks where nothing differs", () => {
    expect(compare("same\n", "same\n")).toEqual({ state: "compared", added: 0, removed: 0, hunks: [] });
  });

  it("makes the one from the other, whatever they are", () => {
    const line = fc.constantFrom("a", "b", "", "-", "+", "\\ odd", " x", "\u2028", "é");
    const text = fc.array(line, { maxLength: 30 }).map((lines) => lines.join("\n"));
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(applied(before, compare(before, after))).toBe(after);
      }),
    );
  });

  it("is not made of more lines than are read", () => {
    const long = "x\n".repeat(DIFF_LIMITS.lines + 1);
    expect(compare(long, "")).toMatchObject({ state: "tooLarge", after: "" });
    expect(compare("", long)).toMatchObject({ state: "tooLarge", before: "" });
  });

  it("is given up where next to nothing stayed", () => {
    const before = Array.from({ length: 4000 }, (_, at) => `before ${at}`).join("\n");
    const after = Array.from({ length: 4000 }, (_, at) => `after ${at}`).join("\n");
    expect(compare(before, after).state).toBe("tooLarge");
  });

  it("is not begun once the time of the whole interaction is spent", () => {
    let at = 0;
    const late = comparer(() => at);
    expect(late("a", "b").state).toBe("compared");
    at = DIFF_LIMITS.totalMs;
    expect(late("a", "b")).toEqual({ state: "tooLarge", before: "a", after: "b" });
  });
});

/** The text after, as anybody would make it from the text before and the hunks. */
function applied(before: string, change: CodeChange): string | false {
  if (change.state === "tooLarge") return change.after;
  const hunks = change.hunks.map(({ oldStart, newStart, lines }) => {
    const count = (marks: string) => lines.filter((line) => marks.includes(line.charAt(0))).length;
    return { oldStart, newStart, lines, oldLines: count(" -"), newLines: count(" +") };
  });
  const patch = { oldFileName: "a", newFileName: "b", oldHeader: undefined, newHeader: undefined, hunks };
  return hunks.length === 0 ? before : applyPatch(before, formatPatch(patch as never));
}
