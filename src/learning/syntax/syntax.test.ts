import { describe, expect, test } from "vitest";
import { codeParser, errorShare, grammarOf, openTrees } from "./index.ts";

const CODE: Readonly<Record<string, string>> = {
  js: "const a = () => <b>x</b>;",
  ts: "const a: number = 1;",
  tsx: "const a: JSX.Element = <b>x</b>;",
  py: "def f(a):\n    return a\n",
  go: "package a\n\nfunc f() {}\n",
  java: "class A { int b = 1; }",
  rust: "fn main() {}",
  c: "int main(void) { return 0; }",
  "c++": "class A { int b = 1; };",
  "c#": "class A { int B = 1; }",
  rb: "def f\n  1\nend\n",
  php: "<?php echo 1;",
  sh: "echo 1",
  css: "a { color: red; }",
  powershell: "$a = 1",
  ini: "[a]\nb=c\n",
};

describe("the share of code inside syntax errors", () => {
  test.for(Object.entries(CODE))("is nothing for sound %s", async ([language, code]) => {
    const trees = openTrees();
    await trees.prepare([language]);
    expect(trees.read(language, code, (tree) => errorShare(tree, code.length))).toBe(0);
  });

  test("grows with what is broken", async () => {
    const trees = openTrees();
    await trees.prepare(["ts"]);
    const share = (code: string) => trees.read("ts", code, (tree) => errorShare(tree, code.length)) ?? Number.NaN;
    expect(share("const a = ;")).toBeGreaterThan(0);
    expect(share("))) ((( ]]] const")).toBeGreaterThan(share("const a = ;"));
  });

  test("is unknown without a grammar, before it is loaded, and where parsing takes too long", async () => {
    const trees = openTrees({ milliseconds: -1, length: 1_000_000 });
    expect(grammarOf("cobol")).toBeUndefined();
    expect(trees.read("go", "package a", () => 1)).toBeUndefined();
    await trees.prepare(["cobol", "go"]);
    expect(trees.read("cobol", "x", () => 1)).toBeUndefined();
    expect(trees.read("go", `package a\n${"func f() { g(1) }\n".repeat(5_000)}`, () => 1)).toBeUndefined();
    expect(openTrees({ milliseconds: 100, length: 3 }).read("go", "package a", () => 1)).toBeUndefined();
  });
});

test("pieces come in the order in which they begin, in UTF-16 units", async () => {
  const parser = codeParser();
  await parser.prepare(["ts"]);
  const code = "/* é😀 */ function a() { function b() {} }";
  const pieces = parser.pieces("ts", code, ["function_declaration"]) ?? [];
  expect(pieces.map(({ start, end }) => code.slice(start, end))).toEqual([
    "function a() { function b() {} }",
    "function b() {}",
  ]);
});
