import { describe, expect, it } from "vitest";
import { wordsOf } from "./words.ts";

const wordsIn = (text: string) => {
  const { hashes, count } = wordsOf(text);
  return [...hashes.subarray(0, count)];
};

describe("words", () => {
  it.each([
    ["case", "Foo BAR", "foo bar"],
    ["white space", "a  b\n\n\tc ", " a b c"],
    ["punctuation", "f(x, y);", "f x y"],
    ["quotes and backslashes", 'say "a" \\ b', "say a b"],
    ["control characters", "a\u0001b\u001fc", "a b c"],
  ])("are the same whatever %s parts or writes them", (_, one, other) => {
    expect(wordsIn(one)).toEqual(wordsIn(other));
  });

  it.each([
    ["letters", "foo bar", "foo baz"],
    ["order", "foo bar", "bar foo"],
    ["what an escape leaves over", "a\nb", "a nb"],
    ["digits and underscores", "a_1", "a 1"],
    ["letters with accents", "schön", "schon"],
  ])("are others with other %s", (_, one, other) => {
    expect(wordsIn(one)).not.toEqual(wordsIn(other));
  });

  it("are single characters where a script has no blanks", () => {
    expect(wordsIn("修复测试")).toHaveLength(4);
    expect(wordsIn("修复测试")).toEqual(wordsIn("修 复, 测试"));
    expect(wordsIn("🎉🎉ok")).toHaveLength(3);
    expect(wordsIn("für größe")).toHaveLength(2);
  });

  it("are none in a text without any", () => {
    expect(wordsIn("")).toEqual([]);
    expect(wordsIn("?! … ---\n")).toHaveLength(1); // an ellipsis is no ASCII, and letters beyond ASCII are not told apart
  });
});
