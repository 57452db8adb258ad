import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { redactCommand } from "./cli.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "redact-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function run(argv: readonly string[], input = "") {
  const told = { out: "", err: "" };
  const to = (key: "out" | "err") =>
    new Writable({
      write(chunk, _, done) {
        told[key] += String(chunk);
        done();
      },
    });
  const status = await redactCommand(argv, Readable.from([input]), to("out"), to("err"));
  const rows = told.out.split("\n").flatMap((row) => (row.startsWith("{") ? [JSON.parse(row)] : []));
  return { status, ...told, rows };
}

test("redacts standard input", async () => {
  expect(await run([], "mail jane@example.org\n")).toMatchObject({ status: 0, out: "mail <EMAIL_1>\n", err: "" });
});

test("redacts files one after the other, each with numbers of its own", async () => {
  const files = [await file("a.txt", "a@example.org b@example.org\n"), await file("b.txt", "c@example.org\n")];
  expect(await run(files)).toMatchObject({ status: 0, out: "<EMAIL_1> <EMAIL_2>\n<EMAIL_1>\n" });
});

test("with --jsonl, gives each line's object back, redacted, with counts", async () => {
  const lines = [{ id: 7, text: "a@example.org, a@example.org" }, { text: "nothing" }];
  const { status, rows } = await run(["--jsonl"], lines.map((line) => JSON.stringify(line)).join("\n"));
  expect(status).toBe(0);
  expect(rows).toEqual([
    { id: 7, text: "<EMAIL_1>, <EMAIL_1>", counts: { EMAIL: 2 } },
    { text: "nothing", counts: {} },
  ]);
});

test("with --spans, says where in the text that came in something was found", async () => {
  const { rows } = await run(["--jsonl", "--spans"], '{"text":"to a@example.org now"}\n');
  expect(rows[0]?.spans).toEqual([{ type: "EMAIL", start: 3, end: 16 }]);
});

test("names a bad line by its number without quoting it, goes on, and ends with 1", async () => {
  const input = '{"text":"a"}\ncanary password=hunter2!x\n\n{"text":5,"x":"canary"}\n["canary"]\n{"text":"b"}\n';
  const { status, rows, err } = await run(["--jsonl"], input);
  expect(status).toBe(1);
  expect(rows.map(({ text }) => text)).toEqual(["a", "b"]);
  expect(err.split("\n")).toEqual([
    "redact: standard input, line 2: not JSON",
    'redact: standard input, line 4: must be an object with "text", a string',
    'redact: standard input, line 5: must be an object with "text", a string',
    "",
  ]);
});

test("names a file that it cannot read, redacts the others, and ends with 1", async () => {
  const { status, out, err } = await run([join(folder, "none.txt"), await file("c.txt", "c@example.org")]);
  expect(status).toBe(1);
  expect(out).toBe("<EMAIL_1>");
  expect(err).toMatch(/none\.txt: ENOENT/);
});

test("detects what a policy asks for", async () => {
  const spec =
    "spec:\n  privacy:\n    detect: [PhoneNumbers]\n    custom:\n      - name: case\n        pattern: CASE-[0-9]+\n";
  const policy = await file("policy.yaml", `kind: QualityPolicy\n${spec}`);
  const { out } = await run(["--policy", policy], "a@example.org, +49 30 90182012, CASE-7");
  expect(out).toBe("a@example.org, <PHONE_1>, <CASE_1>");
});

test("ends with 2 and says what is wrong where it is misused", async () => {
  const broken = await file("broken.yaml", 'spec:\n  privacy:\n    custom:\n      - { name: case, pattern: "(" }\n');
  const wrong = await file("wrong.yaml", "spec:\n  privacy:\n    detect: [Everything]\n");
  expect(await run(["--nonsense"])).toMatchObject({ status: 2, out: "", err: expect.stringContaining("usage:") });
  expect(await run(["--policy", broken])).toMatchObject({ status: 2, err: expect.stringContaining("pattern case") });
  expect(await run(["--policy", wrong])).toMatchObject({ status: 2, err: expect.stringContaining("detect") });
  expect(await run(["--policy", join(folder, "none.yaml")])).toMatchObject({ status: 2 });
});

test("shows how it is used", async () => {
  expect(await run(["--help"])).toMatchObject({ status: 0, out: expect.stringContaining("usage: qi-learning redact") });
});
