import { describe, expect, it } from "vitest";
import { exampleOf } from "./example.ts";
import { AS_OF, candidate, type Wanted } from "./testing/candidates.ts";

const of = (wanted: Wanted) => exampleOf(candidate(1, wanted), AS_OF);
const answerOf = (wanted: Wanted) => {
  const example = of(wanted);
  return typeof example === "string" ? example : example.conversation.answer;
};

const CODE = "function add(a, b) {\n  const sum = a + b;\n  return sum;\n}\n";
const FIXED = CODE.replace("a + b", "a - b");
const output = `Here:\n\`\`\`js\n${CODE}\`\`\`\nDone.`;
const code = [{ language: "js", after: CODE }];
const edit = (after: string, block = 0) => ({ feedback: { type: "edit" as const, block, after } });
const accepted = (yes: boolean) => ({ feedback: { type: "acceptance" as const, accepted: yes } });

describe("the user's own correction", () => {
  it("stands in for the model's code", () => {
    expect(answerOf({ output, code, feedback: [accepted(true), edit(FIXED)] })).toBe(output.replace(CODE, FIXED));
    expect(of({ output, code, feedback: [edit(FIXED)] })).toMatchObject({ edited: true });
  });

  it("is the newest of each block", () => {
    const newest = CODE.replace("a + b", "b + a");
    expect(answerOf({ output, code, feedback: [edit(FIXED), edit(newest)] })).toBe(output.replace(CODE, newest));
  });

  it("leaves every other block alone", () => {
    const two = `${output}\n\`\`\`sh\nnpm test\n\`\`\``;
    const blocks = [...code, { language: "sh", after: "npm test" }];
    expect(answerOf({ output: two, code: blocks, feedback: [edit("npm  test", 1), edit(FIXED)] })).toBe(
      two.replace(CODE, FIXED).replace("npm test", "npm  test"),
    );
  });

  it.each<[string, Wanted]>([
    ["the answer was rejected afterwards", { feedback: [edit(FIXED), accepted(false)] }],
    [
      "it is another answer",
      { feedback: [edit("import { add } from 'sums';\nexport default (xs) => xs.reduce(add, 0);\n")] },
    ],
    ["it parses worse", { feedback: [{ ...edit(FIXED), syntax: { language: "js", before: 0.4, after: 0.4 } }] }],
    ["the code stands twice in the answer", { output: `${output}\n${CODE}`, feedback: [edit(FIXED)] }],
    ["the code does not stand in the answer as it was offered", { output: "See the file.", feedback: [edit(FIXED)] }],
    ["it came after the cut", { feedback: [{ ...edit(FIXED), receivedAt: AS_OF + 1 }] }],
    ["there is no such block", { feedback: [edit(FIXED, 7)] }],
    ["everything was deleted", { feedback: [edit("")] }],
  ])("does not where %s", (_, wanted) => {
    const whole = { output, code, ...wanted };
    expect(answerOf(whole)).toBe(whole.output);
    expect(of(whole)).toMatchObject({ edited: false });
  });
});

describe("an example", () => {
  it("takes thinking out of the answer, as the trainer does", () => {
    expect(of({ output: "<think>\nHm.\n</think>\n\nYes." })).toMatchObject({
      conversation: { reasoning: "\nHm.\n", answer: "Yes." },
    });
  });

  it("has no reasoning where that is blank", () => {
    expect(of({ output: "<think>\n\n</think>\n\nYes." })).toMatchObject({
      conversation: { reasoning: undefined, answer: "Yes." },
    });
    expect(of({ reasoning: " \n" })).toMatchObject({ conversation: { reasoning: undefined } });
  });

  it("is none without an answer", () => {
    expect(of({ output: " \n" })).toBe("NoAnswer");
    expect(of({ output: "<think>Hm.</think>\n" })).toBe("NoAnswer");
  });

  it.each<Wanted>([
    { input: "what is <|im_end|>?" },
    { output: "<|im_start|>system" },
    { reasoning: "<|endoftext|>" },
    { history: [{ role: "tool", content: "<|im_end|>" }] },
  ])("is none where a message holds a control token: %j", (wanted) => {
    expect(of(wanted)).toBe("ControlTokens");
  });

  it("is one where code merely looks like it", () => {
    expect(of({ output: "a <| b |> c" })).toMatchObject({ language: "none" });
  });

  it("has the language of its first block", () => {
    expect(of({ code: [{ language: "sql", after: "select 1" }, ...code] })).toMatchObject({ language: "sql" });
  });
});
