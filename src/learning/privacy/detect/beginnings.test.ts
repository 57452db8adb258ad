import fc from "fast-check";
import { expect, test } from "vitest";
import { among } from "./beginnings.ts";
import { landmarksOf } from "./landmarks.ts";
import { COMMAND_BEGINNINGS, STARTS } from "./secret/command-table.ts";
import { HINT } from "./secret/hints.ts";

/** All of them, by looking on from each end. */
function all(text: string): [start: number, end: number][] {
  const hintFrom = among(text, landmarksOf(text).hints, HINT);
  const found: [number, number][] = [];
  for (let at = hintFrom(0); at >= 0; at = hintFrom(HINT.lastIndex)) found.push([at, HINT.lastIndex]);
  return found;
}

/** The words that the alternatives of a regular expression begin with, as far as they can be read off it. */
const words = HINT.source
  .replace(/\(\?[!=].*?\](?=\))\)|\\b/g, "")
  .split(/[|():]+/)
  .flatMap((word) => [word, word.replace(/\[(.).*?\]\??|.\?/g, "$1"), word.replace(/\[.(.).*?\]\??|.\?/g, "$1")])
  .flatMap((word) => [word, word.toUpperCase(), `p${word}`, `p${word} `]);

test("a name of a secret is found wherever a search by its regular expression alone finds it", () => {
  const plain = new RegExp(HINT.source, "gi");
  const text = fc
    .array(fc.oneof(fc.constantFrom(...words), fc.string({ unit: "binary", maxLength: 3 })))
    .map((all) => all.join(""));
  fc.assert(
    fc.property(text, (text) => {
      expect(all(text)).toEqual([...text.matchAll(plain)].map(({ index, 0: found }) => [index, index + found.length]));
    }),
    { numRuns: 2_000 },
  );
});

test("a command is found wherever a search by its regular expression alone finds it", () => {
  const plain = new RegExp(STARTS.source, "g");
  const text = fc
    .array(fc.oneof(fc.constantFrom(...COMMAND_BEGINNINGS), fc.string({ unit: "binary", maxLength: 3 })))
    .map((all) => all.join(""));
  fc.assert(
    fc.property(text, (text) => {
      const startFrom = among(text, landmarksOf(text).commands, STARTS);
      const found: number[] = [];
      for (let at = startFrom(0); at >= 0; at = startFrom(STARTS.lastIndex)) found.push(at);
      expect(found).toEqual([...text.matchAll(plain)].map(({ index }) => index));
    }),
    { numRuns: 2_000 },
  );
});

test("what ends a text is found, however short it is", () => {
  expect(all("a pw=").concat(all("密码"))).toEqual([
    [2, 4],
    [0, 2],
  ]);
  expect(["", "p", "pw", "xx"].flatMap(all)).toEqual([]);
});
