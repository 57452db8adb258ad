import { describe, expect, it } from "vitest";
import type { BlockSyntax } from "../model.ts";
import { codeParser } from "../syntax/index.ts";
import { codeQualityAssessor } from "./code-quality.ts";
import type { Assessor, Evidence } from "./port.ts";
import { subject } from "./testing/subject.ts";

const assessor: Assessor = codeQualityAssessor(codeParser());

async function judged(language: string, after: string, syntax?: BlockSyntax): Promise<Evidence> {
  const loaded = subject({ code: [{ language, after }], ...(syntax && { syntax: [syntax] }) });
  await assessor.prepare?.([loaded]);
  const evidence = assessor.assess(loaded);
  if (evidence === undefined) throw new Error("nothing was judged");
  return evidence;
}
const told = async (language: string, after: string) => (await judged(language, after)).because;

const good = `export function total(items: readonly Item[]): number {
  let sum = 0;
  for (const item of items) sum += item.price;
  return sum;
}
`;

describe("code quality", () => {
  it("has nothing against good code", async () => {
    expect(await judged("typescript", good)).toMatchObject({
      value: 1,
      because: "Code quality 1.00: nothing found against it.",
    });
  });

  it("has nothing to say without code", () => {
    expect(assessor.assess(subject())).toBeUndefined();
    expect(assessor.assess(subject({ code: [{ language: "go", after: " \n\t" }] }))).toBeUndefined();
  });

  it("falls with the share of text inside syntax errors, as it was before redaction", async () => {
    const value = async (before: number | undefined, after: number | undefined) =>
      (await judged("typescript", good, { language: "typescript", before, after })).value;
    expect(await value(0.05, 0.05)).toBeLessThan(await value(0.01, 0.01));
    expect(await value(0, 0.5)).toBe(1);
    expect(await value(1, 1)).toBeCloseTo(0.6);
    expect(await value(undefined, undefined)).toBe(1);
  });

  it("does not parse what did not parse before, and is less sure of it", async () => {
    const asked: string[] = [];
    const watched = codeQualityAssessor({
      prepare: async () => {},
      pieces: (language) => {
        asked.push(language);
        return [];
      },
    });
    for (const before of [0, 0.5, undefined])
      watched.assess(
        subject({ code: [{ language: "go", after: good }], syntax: [{ language: "go", before, after: before }] }),
      );
    expect(asked).toEqual(["go"]);
  });

  it.each([
    ["a part left out", "typescript", "function a() {\n  // ... rest of the code unchanged\n}"],
    ["a part left out", "python", "def a():\n    # ... existing code ...\n    return 1"],
    ["a part left out", "python", "def a():\n    raise NotImplementedError"],
    ["a note of work left", "go", "// TODO: faster\nfunc a() {}"],
    ["longer than 80 lines", "typescript", `function a() {\n${"  call();\n".repeat(81)}}`],
    [
      "nesting deeper",
      "python",
      Array.from({ length: 7 }, (_, n) => `${"  ".repeat(n)}if x${n}:`)
        .join("\n")
        .concat(`\n${"  ".repeat(7)}y()`),
    ],
    ["caught and dropped", "typescript", "try { a(); } catch (e) { /* never mind */ }"],
    ["caught and dropped", "python", "try:\n    a()\nexcept ValueError:\n    pass\n"],
    ["line longer", "go", `var a = "${"x".repeat(200)}"`],
    ["tabs and spaces", "python", "def a():\n\treturn 1\n\ndef b():\n    return 2"],
    ["repeated lines", "typescript", "const value = compute(input);\n".repeat(12)],
  ])("finds %s in %s", async (what, language, code) => {
    expect(await told(language, code)).toContain(what);
  });

  it.each([
    ["CWE-95", "python", "result = eval(user_input)"],
    ["CWE-95", "typescript", "const f = new Function(text);"],
    ["CWE-78", "python", "subprocess.run(command, shell=True)"],
    ["CWE-78", "python", 'os.system(f"rm {name}")'],
    ["CWE-78", "typescript", `execSync(\`git log $\{branch}\`);`],
    ["CWE-89", "python", `cursor.execute("SELECT * FROM users WHERE id = '" + user_id)`],
    ["CWE-89", "typescript", `db.query(\`SELECT * FROM users WHERE id = $\{id}\`);`],
    ["CWE-89", "python", 'db.execute(f"DELETE FROM users WHERE id = {id}")'],
    ["CWE-89", "go", 'db.Query("SELECT name FROM users WHERE id = " + id)'],
    ["CWE-327", "python", "hashlib.md5(password.encode())"],
    ["CWE-327", "typescript", 'createHash("sha1")'],
    ["CWE-327", "go", "h := md5.New()"],
    ["CWE-295", "python", "requests.get(url, verify=False)"],
    ["CWE-295", "go", "&tls.Config{InsecureSkipVerify: true}"],
    ["CWE-502", "python", "pickle.loads(body)"],
    ["CWE-502", "python", "yaml.load(text)"],
    ["CWE-79", "typescript", "element.innerHTML = name;"],
    ["CWE-732", "bash", "chmod -R 777 /srv"],
    ["CWE-494", "bash", "curl -fsSL https://example.com/install.sh | sudo bash"],
    ["CWE-73", "bash", 'rm -rf "$TARGET/"'],
    ["CWE-798", "typescript", 'const key = "<SECRET_1>";'],
    ["CWE-798", "python", 'password = "hunter2222"'],
  ])("finds %s in %s: %s", async (cwe, language, code) => {
    expect(await told(language, code)).toContain(cwe);
  });

  it.each([
    ["typescript", "// never call eval(x), it runs code\nconst a = /x/.exec(text);"],
    ["python", "# pickle.loads(body) would be unsafe\nvalue = model.eval()"],
    ["python", "yaml.load(text, Loader=yaml.SafeLoader)\nhashlib.sha256(body)"],
    ["python", 'cursor.execute("SELECT * FROM users WHERE id = %s", (user_id,))'],
    ["typescript", 'const password = process.env["PASSWORD"];\nconst other = "";'],
    ["typescript", 'const name = "<EMAIL_1>";\nif (element.innerHTML === name) go();'],
    ["python", 'password = "your-password-here"'],
    ["go", 'rows, err := db.Query("SELECT name FROM users WHERE id = $1", id)'],
    ["bash", 'rm -rf "./build"'],
    [
      "typescript",
      "if (a) {\n  x();\n} else if (b) {\n  y();\n} else if (c) {\n  z();\n} else if (d) {\n  w();\n} else if (e) {\n  v();\n} else if (f) {\n  u();\n}",
    ],
  ])("finds nothing in %s: %s", async (language, code) => {
    expect(await told(language, code)).toBe("Code quality 1.00: nothing found against it.");
  });

  it("judges an unknown language by its text, and is less sure of it", async () => {
    const [known, unknown] = [
      await judged("typescript", good),
      await judged("befunge", good, { language: "befunge", before: undefined, after: undefined }),
    ];
    expect(unknown.value).toBe(1);
    expect(unknown.strength).toBeLessThan(known.strength);
  });

  it("is less sure of a line than of a file", async () => {
    expect((await judged("typescript", "a();")).strength).toBeLessThan((await judged("typescript", good)).strength);
  });

  it("never repeats what it read", async () => {
    const because = await told("typescript", 'const zebra = eval("quagga"); // TODO okapi');
    expect(because).not.toMatch(/zebra|quagga|okapi/);
  });
});
