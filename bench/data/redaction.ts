/**
 * What the privacy filter finds, what it leaves alone, and what it costs: `node bench/data/redaction.ts [quality] [syntax]
 * [worst] [speed] [--misses]`, all of it unless told. Ends with 1 where a bar is missed.
 *
 * Sets: "ours" is generated here from seeds, by code that shares nothing with the detectors but knows the same formats;
 * the others are made by other people's code (see redaction-public.ts).
 */
import { spawnSync } from "node:child_process";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { privacy } from "../../src/api/v1alpha1/learning.ts";
import {
  createPrivacyFilter,
  createRedactor,
  FILTER_BUDGET,
  type FilterRequest,
} from "../../src/learning/privacy/index.ts";
import { ATTACKS } from "./redaction-attacks.ts";
import { syntaxKept } from "./redaction-code.ts";
import { Chance, type Find, joined, type Labelled, type Miss, type Score, score } from "./redaction-labelled.ts";
import { ORDINARY, ordinaryLine } from "./redaction-ordinary.ts";
import { PERSONAL_TYPES, people } from "./redaction-people.ts";
import { fromFaker, fromLibphonenumber, gitleaksRules } from "./redaction-public.ts";
import { secrets } from "./redaction-secrets.ts";
import { percentile, printTable } from "./table.ts";

const SEED = 20_260_101;
const TEXTS = 1_000;
const ATTACK_LENGTH = 10_000_000;
const BARS = { recall: 0.99, precision: 0.95, secretRecall: 0.95, syntax: 0.995, attackMs: 1_000, loopMs: 20 };
const POLICY = privacy.parse({});

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const missed: string[] = [];
const percent = (part: number, whole: number) => (whole === 0 ? "" : `${((100 * part) / whole).toFixed(2)} %`);
const bar = (held: boolean, what: string) => {
  if (!held) missed.push(what);
};
const show = process.argv.includes("--misses");
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));

function row(set: string, type: string, score: Score | undefined, texts: number): string[] {
  if (score === undefined) return [set, type, String(texts), "", "", "", "", "", ""];
  const { labels, hidden, named, findings, right } = score;
  return [
    set,
    type,
    String(texts),
    String(labels),
    percent(hidden, labels),
    percent(named, labels),
    percent(right, findings),
    percent(score.hiddenCharacters, score.labelledCharacters),
    percent(score.rightCharacters, score.foundCharacters),
  ];
}

async function quality(): Promise<void> {
  const { find } = createRedactor(POLICY);
  const chance = new Chance(SEED);
  const rows: string[][] = [];
  const misses: Miss[] = [];
  const measure = (set: string, type: string, texts: readonly Labelled[]) => {
    const one = score(texts, find, misses).get(type);
    rows.push(row(set, type, one, texts.length));
    return one;
  };
  for (const type of PERSONAL_TYPES) {
    const one = measure("ours", type, [...people(type, TEXTS, chance, ordinaryLine)]);
    if (type === "PHONE" || one === undefined) continue;
    bar(one.hidden >= BARS.recall * one.labels, `recall of ${type}`);
    bar(one.right >= BARS.precision * one.findings, `precision of ${type}`);
  }
  const hidden = measure(
    "ours",
    "SECRET",
    [...secrets(30, chance, ordinaryLine)].map(([, text]) => text),
  );
  bar((hidden?.hidden ?? 0) >= BARS.secretRecall * (hidden?.labels ?? 1), "recall of SECRET");
  bar((hidden?.right ?? 0) >= BARS.precision * (hidden?.findings ?? 1), "precision of SECRET");
  for (const [type, texts] of fromFaker(TEXTS, SEED)) measure("faker", type, texts);
  measure("libphonenumber", "PHONE", fromLibphonenumber(chance));
  const public_ = await gitleaksRules();
  if (typeof public_ === "string")
    rows.push(["gitleaks", "SECRET", `not measured: ${public_}`, "", "", "", "", "", ""]);
  else measure("gitleaks", "SECRET", public_.positives);
  printTable(
    "What is found. Recall: no character is left. Named: by its own type. Precision: touches something labelled.",
    ["set", "type", "texts", "labels", "recall", "named", "precision", "recall, characters", "precision, characters"],
    rows,
  );
  ordinary(find, chance, typeof public_ === "string" ? [] : public_.negatives);
  if (show) for (const { kind, type, text } of misses) console.log(`${kind} ${type}: ${text}`);
}

/** Texts that hold nothing: how many of them are touched. */
function ordinary(find: Find, chance: Chance, negatives: readonly string[]): void {
  const touched = (texts: readonly string[]) => texts.filter((text) => find(text).length > 0).length;
  const kinds = Object.entries(ORDINARY).map(([name, make]) => {
    const texts = Array.from({ length: 200 }, () => make(chance));
    return { name, touched: touched(texts), texts: texts.length };
  });
  const all = kinds.reduce((total, kind) => total + kind.texts, 0);
  const wrong = kinds.reduce((total, kind) => total + kind.touched, 0);
  const worst = kinds.filter((kind) => kind.touched > 0).map((kind) => `${kind.name} ${kind.touched}`);
  printTable(
    "Texts without anything to find.",
    ["set", "texts", "touched", "share", "which"],
    [
      [`ours, ${kinds.length} kinds`, String(all), String(wrong), percent(wrong, all), worst.join(", ")],
      ...(negatives.length === 0
        ? []
        : [
            [
              "gitleaks' false positives of one rule (others' secrets among them)",
              String(negatives.length),
              String(touched(negatives)),
              percent(touched(negatives), negatives.length),
              "",
            ],
          ]),
    ],
  );
}

async function syntax(): Promise<void> {
  const rows = await syntaxKept(POLICY, new Chance(SEED));
  const all = rows.reduce((sum, { blocks, kept }) => ({ blocks: sum.blocks + blocks, kept: sum.kept + kept }), {
    blocks: 0,
    kept: 0,
  });
  bar(all.kept >= BARS.syntax * all.blocks, "syntax kept");
  printTable(
    "Code that parses as well after redaction as before it.",
    ["language", "blocks", "unchanged"],
    [
      ...rows.map((one) => [one.language, String(one.blocks), percent(one.kept, one.blocks)]),
      ["all", String(all.blocks), percent(all.kept, all.blocks)],
    ],
  );
}

const interaction = (input: string, output = ""): FilterRequest => ({
  kind: "interaction",
  tenant: "bench",
  policy: POLICY,
  body: {
    id: "019b76da-a800-7000-8000-000000000000",
    at: "2026-01-01T00:00:00Z",
    kind: "prompt",
    servedModel: "coder",
    thinking: false,
    sessionId: "s",
    history: [],
    input,
    output,
    code: [],
  },
});

/**
 * Ten million characters in one request; the loop of this thread is watched meanwhile. Other programs lengthen what a
 * clock says, so the bars are held by the processor's time: all of it for the request, this thread's for the loop, which
 * cannot have stood for longer by our doing than this thread worked in all.
 */
async function worst(): Promise<void> {
  const filter = createPrivacyFilter({ secret: new Uint8Array(32), threads: 1 });
  await filter.filter([interaction("warm up: jane@example.org 4111 1111 1111 1111")]);
  const rows: (readonly [name: string, ms: number, cpu: number, loop: number, own: number, outcome: string])[] = [];
  for (const [name, make] of Object.entries(ATTACKS)) {
    // From a parser of JSON, as requests are: a string of many pieces would be put together by whoever sends it.
    const request = interaction(JSON.parse(JSON.stringify(make(ATTACK_LENGTH))));
    // What making it left behind is tens of megabytes, and collecting them later would count as the filter's doing.
    collectGarbage();
    await sleep(50);
    const loop = monitorEventLoopDelay({ resolution: 5 });
    loop.enable();
    const cpuBefore = process.cpuUsage();
    const ownBefore = process.threadCpuUsage();
    const began = performance.now();
    const [result] = await filter.filter([request]);
    const ms = performance.now() - began;
    const used = process.cpuUsage(cpuBefore);
    const cpu = (used.user + used.system) / 1000;
    const ownUsed = process.threadCpuUsage(ownBefore);
    const own = (ownUsed.user + ownUsed.system) / 1000;
    loop.disable();
    const outcome = result === undefined ? "none" : result.ok ? "redacted" : result.reason;
    rows.push([name, ms, cpu, loop.max / 1e6, own, outcome]);
    bar(cpu < BARS.attackMs, `${name}: ${cpu.toFixed(0)} ms`);
    const stood = Math.min(loop.max / 1e6, own);
    bar(stood < BARS.loopMs, `${name}: the loop stood for ${stood.toFixed(1)} ms`);
  }
  await filter.close();
  printTable(
    `${ATTACK_LENGTH.toLocaleString("en")} characters of each, through the filter; longest first. Budget: ${FILTER_BUDGET.milliseconds} ms.`,
    ["text", "ms", "processor, ms", "loop stood, ms", "this thread worked, ms", "outcome"],
    [...rows]
      .sort((a, b) => b[2] - a[2])
      .map(([name, ms, cpu, loop, own, outcome]) => [
        name,
        ms.toFixed(0),
        cpu.toFixed(0),
        loop.toFixed(1),
        own.toFixed(1),
        outcome,
      ]),
  );
}

/** Events of about 4 KB, one in four with something to find, in this thread; beside secretlint's preset alone. */
async function speed(): Promise<void> {
  const chance = new Chance(SEED);
  const found = [...secrets(8, chance, ordinaryLine)].map(([, text]) => text);
  const events = Array.from({ length: 1_000 }, (_, n) => {
    const lines: Labelled[] = n % 4 === 0 ? [chance.of(found)] : [];
    while (joined(lines).text.length < 4_000) lines.push({ text: ordinaryLine(chance), labels: [] });
    return joined(lines).text;
  });
  const bytes = events.reduce((total, text) => total + Buffer.byteLength(text), 0);
  const { find } = createRedactor(POLICY);
  const { lintSource } = await import("@secretlint/core");
  const { creator } = await import("@secretlint/secretlint-rule-preset-recommend");
  const config = { rules: [{ id: "@secretlint/secretlint-rule-preset-recommend", rule: creator }] };
  const peer = (content: string) =>
    lintSource({ source: { filePath: "a.txt", content, contentType: "text", ext: ".txt" }, options: { config } });
  const time = async (run: (text: string) => unknown) => {
    const seconds: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const began = performance.now();
      for (const text of events) await run(text);
      seconds.push((performance.now() - began) / 1000);
    }
    return percentile(seconds, 50);
  };
  const ours = await time(find);
  const theirs = await time(peer);
  const line = (name: string, seconds: number) => [
    name,
    (bytes / 1e6 / seconds).toFixed(1),
    (events.length / seconds).toFixed(0),
    (theirs / seconds).toFixed(2),
  ];
  printTable(
    "Ordinary events of 4 KB, one thread, median of five rounds.",
    ["", "MB/s", "events/s", "secretlint = 1"],
    [line("qi-learning, secrets and personal data", ours), line("secretlint preset-recommend, secrets alone", theirs)],
  );
}

const PARTS = { quality, syntax, worst, speed };
const unknown = asked.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(", ")}; there are ${Object.keys(PARTS).join(", ")}.`);
  process.exit(2);
}
const parts = Object.keys(PARTS).filter((name) => asked.length === 0 || asked.includes(name));
if (parts.length > 1) {
  // In a process each: the engine's threads compile the grammars of one part for seconds after it is through, and that
  // time would count as the next one's.
  for (const name of parts) {
    const flags = process.argv.slice(2).filter((argument) => argument.startsWith("--"));
    const { status } = spawnSync(process.execPath, [...process.execArgv, import.meta.filename, name, ...flags], {
      stdio: "inherit",
    });
    if (status !== 0) process.exitCode = 1;
  }
} else {
  for (const [name, part] of Object.entries(PARTS)) if (parts.includes(name)) await part();
  for (const what of missed) console.log(`Bar missed: ${what}`);
  if (missed.length > 0) process.exitCode = 1;
}
