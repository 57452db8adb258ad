import { describe, expect, it } from "vitest";
import type { InteractionContent } from "../model.ts";
import { contextRelevanceAssessor } from "./context-relevance.ts";
import { subject } from "./testing/subject.ts";

const value = (content: Partial<InteractionContent>) =>
  contextRelevanceAssessor.assess(subject(content))?.value ?? Number.NaN;
const because = (content: Partial<InteractionContent>) =>
  contextRelevanceAssessor.assess(subject(content))?.because ?? "";

const question = "Please write a parser for duration strings in src/duration.ts, and call it `parseDuration`.";
const go = { language: "go", path: "cmd/main.go", after: "package main\nfunc main() {}" };
const ts = {
  language: "typescript",
  path: "src/duration.ts",
  after: "export function parseDuration(text: string) { return Number(text); }",
};
const context = { codebase: { languages: "typescript, css", openFiles: "src/duration.ts src/index.ts" } };

describe("context relevance", () => {
  it("is high for an answer that belongs to its question and project", () => {
    const fits = value({ input: question, output: "This parses the strings of a duration.", code: [ts], context });
    expect(fits).toBeGreaterThan(0.9);
  });

  it("is lower for another language, other names and another topic", () => {
    const strays = value({ input: question, output: "Bake it for an hour.", code: [go], context });
    expect(strays).toBeLessThan(0.5);
    expect(because({ input: question, output: "x", code: [go], context })).toContain("language 0.00");
  });

  it("is nothing for no answer, and little for a refusal", () => {
    expect(value({ input: question, output: "  ", context })).toBe(0);
    expect(value({ input: question, output: "I'm sorry, but I cannot help with that." })).toBeLessThan(0.15);
    expect(because({ input: "hi", output: "Sorry, fixed now:", code: [ts] })).toContain("answers 1.00");
  });

  it("says nothing of languages where none is known, nor of shell and data", () => {
    expect(because({ input: "hm", output: "ok", code: [ts] })).not.toContain("language");
    expect(because({ input: "hm", output: "ok", code: [{ language: "bash", after: "ls" }], context })).not.toContain(
      "language",
    );
  });

  it("takes TypeScript for at home where JavaScript is", () => {
    const script = { language: "javascript", after: "let a = 1" };
    expect(because({ input: "hm", output: "ok", code: [script], context })).toContain("language 1.00");
  });

  it("sees code written otherwise than what it replaces", () => {
    const before = "def read_file(path):\n    with open(path) as file_handle:\n        return 'x'\n";
    const alike = { language: "python", before, after: before.replace("'x'", "'y'") };
    const other = {
      language: "python",
      before,
      after: 'def readFile(path):\n\tfileHandle = openFile(path)\n\treturn "x"\n',
    };
    expect(because({ code: [alike] })).toContain("style 1.00");
    expect(because({ code: [other] })).toContain("style 0.25");
  });

  it("sees a path that does not fit its language", () => {
    expect(because({ code: [{ ...ts, path: "src/duration.py" }] })).toContain("paths 0.00");
    expect(because({ code: [{ ...ts, path: "lib/new.ts" }], context })).toContain("paths 0.70");
  });

  it("sees code for another framework than the project has", () => {
    const project = { context: { project: { framework: "Fastify", tests: "vitest" } } };
    const brings = (...names: string[]) => ({
      language: "typescript",
      after: names.map((name) => `import x from "${name}";`).join("\n"),
    });
    expect(because({ ...project, code: [brings("fastify")] })).toContain("frameworks 1.00");
    expect(because({ ...project, code: [brings("express")] })).toContain("frameworks 0.00");
    expect(because({ ...project, code: [brings("express", "vitest")] })).toContain("frameworks 0.50");
    expect(because({ ...project, code: [brings("node:fs")] })).not.toContain("frameworks");
    expect(because({ code: [brings("express")] })).not.toContain("frameworks");
  });

  it("sees placeholders that nobody gave it", () => {
    const asked = { input: "Write to <EMAIL_1>.", context: { environment: { host: "<IPADDRESS_1>" } } };
    expect(because({ ...asked, output: "Written to <EMAIL_1> at <IPADDRESS_1>." })).toContain("placeholders 1.00");
    expect(because({ ...asked, output: "Written to <EMAIL_2>." })).toContain("placeholders 0.00");
  });

  it("never repeats a word of what it read", () => {
    const told = because({ input: "zebra `quagga_okapi`", output: "zebra", code: [{ ...ts, after: "quagga" }] });
    expect(told).toMatch(/^Context relevance \d\.\d\d: (?:\w+ \d\.\d\d(?:, |\.$))+$/);
    expect(told).not.toMatch(/zebra|quagga|okapi/);
  });
});
