import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { parseArgs } from "node:util";
import { parse } from "yaml";
import { z } from "zod";
import { privacy } from "../../api/v1alpha1/learning.ts";
import type { RedactionCounts } from "../model.ts";
import { openTrees, type Trees } from "../syntax/index.ts";
import { fencesIn } from "./form.ts";
import { keyedHash, numbering, takenIn } from "./placeholders.ts";
import { createRedactor, type Redactor } from "./redactor.ts";
import { session } from "./session.ts";

const USAGE = `usage: qi-learning redact [--jsonl] [--policy FILE] [--spans] [FILE...]

Shows what the privacy filter makes of text. Nothing is stored or sent.

  FILE           files to redact; standard input without any
  --jsonl        one {"text": ...} a line in; the same object out, redacted, with "counts"
  --policy FILE  a QualityPolicy in YAML; without one, everything is detected
  --spans        with --jsonl: also "spans", what was found where in the text that came in
`;

const line = z.looseObject({ text: z.string() });
const policyFile = z.object({ spec: z.object({ privacy: privacy.prefault({}) }) });

/** Numbers stay the same within one line or file; its key lasts as long as the process. */
interface Redaction {
  readonly text: string;
  readonly counts: RedactionCounts;
}

/** `qi-learning redact`. Answers the exit status: 0, 1 where a line or file could not be redacted, 2 where it is misused. */
export async function redactCommand(
  argv: readonly string[],
  stdin: Readable,
  stdout: Writable,
  stderr: Writable,
): Promise<number> {
  const options = optionsOf(argv, stderr);
  if (typeof options === "number") {
    if (options === 0) await write(stdout, USAGE);
    return options;
  }
  let redactor: Redactor;
  try {
    redactor = createRedactor(options.policy === undefined ? privacy.parse({}) : await readPolicy(options.policy));
  } catch (error) {
    stderr.write(`redact: ${options.policy ?? "policy"}: ${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
  const redact = redactionBy(redactor, openTrees());
  const sources = options.files.length === 0 ? [undefined] : options.files;
  let failed = false;
  for (const file of sources) {
    try {
      const input = file === undefined ? stdin : createReadStream(file);
      const whole = options.jsonl
        ? await redactLines(input, file, redact, options.spans ? redactor.find : undefined, stdout, stderr)
        : await write(stdout, (await redact(await textOf(input))).text);
      failed ||= !whole;
    } catch (error) {
      stderr.write(`redact: ${file ?? "standard input"}: ${error instanceof Error ? error.message : String(error)}\n`);
      failed = true;
    }
  }
  return failed ? 1 : 0;
}

interface Options {
  readonly files: readonly string[];
  readonly jsonl: boolean;
  readonly spans: boolean;
  readonly policy: string | undefined;
}

function optionsOf(argv: readonly string[], stderr: Writable): Options | number {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        jsonl: { type: "boolean", default: false },
        spans: { type: "boolean", default: false },
        policy: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return 0;
    return { files: positionals, jsonl: values.jsonl, spans: values.spans, policy: values.policy };
  } catch (error) {
    stderr.write(`redact: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return 2;
  }
}

async function readPolicy(file: string): Promise<z.output<typeof privacy>> {
  return policyFile.parse(parse(await readFile(file, "utf8"))).spec.privacy;
}

type Redact = (text: string) => Promise<Redaction>;

function redactionBy(redactor: Redactor, trees: Trees): Redact {
  const hash = keyedHash(randomBytes(32), "");
  return async (text) => {
    await trees.prepare(fencesIn(text).map(({ language }) => language));
    const numbers = numbering(hash, {}, takenIn([text], redactor.types));
    return { text: session(redactor, numbers, trees).text(text), counts: numbers.counts };
  };
}

/** Answers whether every line could be read; the others go on. */
async function redactLines(
  input: Readable,
  file: string | undefined,
  redact: Redact,
  find: Redactor["find"] | undefined,
  stdout: Writable,
  stderr: Writable,
): Promise<boolean> {
  let number = 0;
  let whole = true;
  for await (const row of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (row.trim() === "") continue;
    const read = readLine(row);
    if (typeof read === "string") {
      stderr.write(`redact: ${file ?? "standard input"}, line ${number}: ${read}\n`);
      whole = false;
      continue;
    }
    const redacted = await redact(read.text);
    const found = find === undefined ? {} : { spans: find(read.text) };
    await write(stdout, `${JSON.stringify({ ...read, text: redacted.text, counts: redacted.counts, ...found })}\n`);
  }
  return whole;
}

/** The line's object, or what is wrong with it; a parser's own message would quote the line. */
function readLine(row: string): z.output<typeof line> | string {
  let value: unknown;
  try {
    value = JSON.parse(row);
  } catch {
    return "not JSON";
  }
  const parsed = line.safeParse(value);
  return parsed.success ? parsed.data : 'must be an object with "text", a string';
}

async function textOf(input: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

/** Waits while whoever reads is slower than we are. */
async function write(stdout: Writable, text: string): Promise<true> {
  if (!stdout.write(text)) await new Promise<void>((resolve) => stdout.once("drain", resolve));
  return true;
}
