import { beforeAll, expect, test } from "vitest";
import { feedback } from "../../api/learning/feedback.ts";
import { interaction } from "../../api/learning/interaction.ts";
import { privacy } from "../../api/v1alpha1/learning.ts";
import { openTrees } from "../syntax/index.ts";
import type { FilterRequest, FilterResult } from "./port.ts";
import { bodyRedaction, sizeOf } from "./work.ts";

const ID = "019b76da-a800-7000-8000-000000000001";
const redact = bodyRedaction(new Uint8Array(32).fill(1), openTrees());
const policy = privacy.parse({});

function asking(fields: object): FilterRequest & { kind: "interaction" } {
  const head = { id: ID, at: "2026-01-01T00:00:00Z", kind: "prompt", servedModel: "coder", sessionId: "s" };
  const body = interaction.parse({ ...head, input: "hello", output: "", ...fields });
  return { kind: "interaction", tenant: "t", policy, body };
}

function feedbackOn(result: FilterResult, fields: object, languages: readonly string[] = []): FilterRequest {
  if (!result.ok) throw new Error(result.message);
  const body = feedback.parse({ id: ID, interactionId: ID, at: "2026-01-01T00:00:00Z", ...fields });
  return {
    kind: "feedback",
    tenant: "t",
    policy,
    body,
    context: { policy: "ns/p", placeholders: result.placeholders, languages },
  };
}

async function kept(fields: object): Promise<FilterResult & { ok: true; body: ReturnType<typeof asking>["body"] }> {
  const result = await redact(asking(fields));
  if (!result.ok || !("input" in result.body)) throw new Error("was refused");
  return { ...result, body: result.body };
}

test("redacts every text that a user or a model wrote, and gives one value one placeholder in all of them", async () => {
  const mail = "jane@example.org";
  const { body, counts, placeholders } = await kept({
    input: `from ${mail}`,
    output: `to ${mail}`,
    reasoning: `about ${mail}`,
    history: [{ role: "user", content: `was ${mail}` }],
    code: [{ language: "python", path: `src/${mail}/a.py`, before: `# ${mail}\n`, after: `x = "${mail}"\n` }],
    context: { project: { owner: mail, [mail]: 1 }, codebase: { branch: mail }, environment: { user: mail } },
  });
  expect(JSON.stringify(body)).not.toContain(mail);
  expect(body.input).toBe("from <EMAIL_1>");
  expect(body.output).toBe("to <EMAIL_1>");
  expect(body.history[0]?.content).toBe("was <EMAIL_1>");
  expect(body.code[0]?.after).toBe('x = "<EMAIL_1>"\n');
  expect(body.context?.project).toEqual({ owner: "<EMAIL_1>", "<EMAIL_1>": 1 });
  expect(counts).toEqual({ EMAIL: 11 });
  expect(Object.values(placeholders)).toEqual(["EMAIL_1"]);
});

test("takes from a fact's name what its value does not say", async () => {
  const { body } = await kept({ context: { environment: { DB_PASSWORD: "hunter2!x", shell: "zsh", port: 5432 } } });
  expect(body.context?.environment).toEqual({ DB_PASSWORD: "<SECRET_1>", shell: "zsh", port: 5432 });
});

test("goes on with an interaction's placeholders in feedback that comes later", async () => {
  const first = await redact(asking({ input: "jane@example.org", output: "ok" }));
  const later = await redact(feedbackOn(first, { type: "comment", text: "jane@example.org, not tom@example.org" }));
  expect(later).toMatchObject({ ok: true, body: { text: "<EMAIL_1>, not <EMAIL_2>" }, counts: { EMAIL: 2 } });
});

test("keeps a patch lined up: a secret that did not change has one placeholder before and after", async () => {
  const code = (port: number) => `const c = { key: "ghp_${"aB3dE5gH7j".repeat(4)}", port: ${port} };\n`;
  const result = await redact(asking({ code: [{ language: "javascript", before: code(1), after: code(2) }] }));
  const edit = await redact(feedbackOn(result, { type: "edit", block: 0, after: code(3) }, ["javascript"]));
  if (!result.ok || !("code" in result.body)) throw new Error("was refused");
  expect(result.body.code[0]?.before).toBe('const c = { key: "<SECRET_1>", port: 1 };\n');
  expect(result.body.code[0]?.after).toBe('const c = { key: "<SECRET_1>", port: 2 };\n');
  expect(edit).toMatchObject({ body: { after: 'const c = { key: "<SECRET_1>", port: 3 };\n' } });
});

test("never gives a number that the user wrote as if it were a placeholder", async () => {
  const { body } = await kept({ input: "why <EMAIL_1>? I am jane@example.org" });
  expect(body.input).toBe("why <EMAIL_1>? I am <EMAIL_2>");
});

test("keeps no value among what it keeps of placeholders", async () => {
  const result = await redact(asking({ input: "jane@example.org, password=hunter2!x" }));
  expect(JSON.stringify(result)).not.toMatch(/jane|hunter2/);
});

const KEY = "aB3dE5gH7jK9mN1pQ3rS5tU7vW9x";
const CARD = "4111111111111111";
/** Secrets where each language lets them stand: strings, comments, numbers, templates, bare words. */
const CODE: readonly (readonly [language: string, code: string])[] = [
  [
    "javascript",
    `// a@example.org\nconst password = "${KEY}";\nconst card = ${CARD};\nf(\`https://u:${KEY}@h/\${id}\`);\n`,
  ],
  ["typescript", `const apiKey: string = '${KEY}';\nfunction f(n = ${CARD}): void { g("a@example.org"); }\n`],
  ["tsx", `const A = () => <a href="mailto:a@example.org">Call +49 30 90182012 or {"a@example.org"}</a>;\n`],
  ["python", `PASSWORD = '${KEY}'\nCARD = ${CARD}\nx = f"{u}@10.1.2.3"\n# a@example.org\n`],
  ["go", `package main\n\nconst Card = ${CARD}\n\nvar apiKey = "${KEY}" // a@example.org\n`],
  ["java", `class A {\n  static final String PASSWORD = "${KEY}";\n  long card = ${CARD}L; /* a@example.org */\n}\n`],
  ["rust", `const API_KEY: &str = "${KEY}";\nfn main() { let card: u64 = ${CARD}; } // a@example.org\n`],
  ["cpp", `#define PASSWORD "${KEY}"\nlong long card = ${CARD}LL; // a@example.org\n`],
  ["c-sharp", `class A {\n  string cs = @"Server=10.1.2.3;Password=${KEY};";\n  long card = ${CARD};\n}\n`],
  ["ruby", `password = '${KEY}'\ncard = ${CARD} # a@example.org\nputs "#{name} 10.1.2.3"\n`],
  ["php", `<?php\ndefine('DB_PASSWORD', '${KEY}');\n$card = ${CARD}; // a@example.org\n`],
  ["bash", `export API_TOKEN=${KEY}\ncurl -u "me:${KEY}" https://10.1.2.3/x\nssh root@10.1.2.3 # a@example.org\n`],
  ["css", `/* a@example.org */\n.a { background: url("https://u:${KEY}@10.1.2.3/x.png"); }\n`],
  ["powershell", `$password = "${KEY}"\n$card = ${CARD} # a@example.org\n`],
  ["ini", `[db]\nhost = 10.1.2.3\npassword = ${KEY}\n`],
  ["json", `{ "card": ${CARD}, "nested": { "password": "${KEY}" }, "ip": "10.1.2.3" }`],
];

test.each(CODE)("leaves code in %s as good as it was", async (language, code) => {
  const { body, syntax, counts } = await kept({ code: [{ language, after: code }] });
  expect(syntax).toEqual([{ language, before: 0, after: 0 }]);
  expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
  expect(body.code[0]?.after).not.toMatch(new RegExp(`${KEY}|${CARD}|a@example`));
});

test("writes placeholders in a fenced block as its language takes them", async () => {
  const { body } = await kept({
    output: `Try:\n\`\`\`python\ncard = ${CARD}\nmail = "a@example.org"\n\`\`\`\nor ask b@example.org`,
  });
  expect(body.output).toBe('Try:\n```python\ncard = CARD_1\nmail = "<EMAIL_1>"\n```\nor ask <EMAIL_2>');
});

test("says of a language without a grammar that nothing is known of its syntax", async () => {
  const { syntax } = await kept({ code: [{ language: "cobol", after: "MOVE a@example.org TO X" }] });
  expect(syntax).toEqual([{ language: "cobol", before: undefined, after: undefined }]);
});

test("refuses a policy whose pattern cannot be used", async () => {
  const broken = { ...policy, custom: [{ name: "ticket", pattern: "(" }] };
  expect(await redact({ ...asking({ input: "jane@example.org" }), policy: broken })).toMatchObject({
    ok: false,
    reason: "InvalidPattern",
    message: expect.stringMatching(/^pattern ticket: (?!.*jane)/),
  });
});

let everywhere: FilterRequest;
beforeAll(() => {
  everywhere = asking({
    input: "ab",
    output: "c",
    reasoning: "d",
    history: [{ role: "user", content: "e" }],
    code: [{ language: "go", path: "f", before: "g", after: "h" }],
    context: { project: { i: "j", k: 12, l: true } },
  });
});

test("counts as size every text that it would redact", () => {
  expect(sizeOf(everywhere)).toBe("abcdefgh".length + "ij".length + "k12".length + "l".length);
});
