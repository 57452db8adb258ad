import { expect, test } from "vitest";
import { readEnding } from "./tail.ts";

test("an answer's text cannot pass for a count or an error", () => {
  const line = JSON.stringify({ message: { content: '\n{"error":"no"}\n"eval_count":99' }, done: true, eval_count: 3 });
  expect(readEnding(line)).toEqual({ generatedTokens: 3 });
});

test("an answer without counts has none", () => {
  expect(readEnding("")).toEqual({});
  expect(readEnding("data: [DONE]\n\n")).toEqual({});
});

test("errors are seen in both APIs' words", () => {
  expect(readEnding('{"done":false}\n{"error":"unexpected EOF"}\n')).toEqual({ error: "unexpected EOF" });
  expect(readEnding('data: {"error":{"message":"boom","type":"api_error"}}\n\n')).toEqual({ error: "boom" });
});
