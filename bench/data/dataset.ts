/**
 * How fast a dataset is built, and in how much memory: `node bench/data/dataset.ts [rows …]`, 100,000 and 1,000,000 rows
 * unless told. Each size runs in a process of its own. The peer is the pipeline one writes first: everything in memory,
 * 112 permutations, bands in a Map.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dataPolicy } from "../../src/api/learning/policies.ts";
import { folderStore } from "../../src/artifacts/index.ts";
import { buildDataset } from "../../src/learning/dataset/index.ts";
import { AS_OF, candidates, evaluationLines, type Stream, TENANT } from "./dataset-candidates.ts";

const BAR = 20_000;
const PEER_ROWS = 20_000;
const SEED = 7;

interface Measured {
  readonly name: string;
  readonly rows: number;
  readonly megabytes: number;
  readonly seconds: number;
  readonly peakMegabytes: number;
  readonly examples: number;
}

const [mode, size] = process.argv.slice(2);
if (mode === "--only") process.stdout.write(JSON.stringify(await measured(Number(size))));
else if (mode === "--peer") process.stdout.write(JSON.stringify(await peer(Number(size))));
else if (mode === "--making") process.stdout.write(JSON.stringify(await making(Number(size))));
else compare(process.argv.length > 2 ? process.argv.slice(2).map(Number) : [100_000, 1_000_000]);

function compare(sizes: readonly number[]): void {
  const naive = apart("--peer", PEER_ROWS);
  const results = sizes.map((rows) => apart("--only", rows));
  const made = apart("--making", PEER_ROWS * 5);
  const line = (cells: readonly (string | number)[]): void => void process.stdout.write(`| ${cells.join(" | ")} |\n`);
  line(["", "rows", "MB of text", "seconds", "rows/s", "against the naive", "peak RSS, MB", "examples"]);
  line(Array.from({ length: 8 }, () => "---"));
  const speed = (one: Measured): number => one.rows / one.seconds;
  for (const one of [naive, ...results, made]) {
    line([
      one.name,
      one.rows,
      one.megabytes.toFixed(0),
      one.seconds.toFixed(1),
      Math.round(speed(one)),
      `${(speed(one) / speed(naive)).toFixed(1)} ×`,
      one.peakMegabytes.toFixed(0),
      one.examples,
    ]);
  }
  const slowest = Math.min(...results.map(speed));
  const verdict = slowest >= BAR ? "held" : "missed";
  process.stdout.write(`\nBar of ${BAR} rows/s: ${verdict}, on ${availableParallelism()} cores.\n`);
  if (slowest < BAR) process.exitCode = 1;
}

function apart(mode: string, rows: number): Measured {
  const output = execFileSync(process.execPath, [fileURLToPath(import.meta.url), mode, String(rows)], {
    encoding: "utf8",
  });
  return JSON.parse(output);
}

async function measured(rows: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), "qi-bench-dataset-"));
  const stream: Stream = { rows, seed: SEED };
  try {
    const artifacts = folderStore(join(folder, "artifacts"));
    const evaluation = await artifacts.put("evaluation", Buffer.from(evaluationLines(stream)));
    const policy = dataPolicy.parse({ namespace: "team", name: "coder", servedModel: "coder" });
    let examples = 0;
    let megabytes = 0;
    const watched = await watch(async () => {
      const { manifest } = await buildDataset({
        store: {
          datasets: {
            candidates: () => counted(stream, (bytes) => (megabytes += bytes / 1e6)),
            async add(_, members) {
              for await (const batch of members) examples += batch.length;
            },
          },
        },
        artifacts,
        tenant: TENANT,
        policy,
        policyRevision: 1,
        asOf: AS_OF,
        threshold: 0.7,
        evaluation: [{ name: "leaked", uri: evaluation.uri, sha256: evaluation.sha256 }],
        workspace: folder,
        now: () => AS_OF,
        ...(process.env.QI_BENCH_VERBOSE ? { log: stages() } : {}),
      });
      writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
    });
    return { name: "qi-learning", rows, megabytes, examples, ...watched };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What making the candidates alone costs: it is in all the other figures. */
async function making(rows: number): Promise<Measured> {
  let megabytes = 0;
  const watched = await watch(async () => {
    for await (const batch of counted({ rows, seed: SEED }, (bytes) => (megabytes += bytes / 1e6))) void batch;
  });
  return { name: "making the candidates", rows, megabytes, examples: 0, ...watched };
}

async function* counted(stream: Stream, count: (bytes: number) => void): ReturnType<typeof candidates> {
  for await (const batch of candidates(stream)) {
    for (const { interaction } of batch) count(interaction.content.input.length + interaction.content.output.length);
    yield batch;
  }
}

async function peer(rows: number): Promise<Measured> {
  let megabytes = 0;
  let examples = 0;
  const watched = await watch(async () => {
    const seen = new Set<string>();
    const bands = new Map<string, number>();
    const kept: string[] = [];
    const multipliers = Array.from({ length: 112 }, (_, at) => Math.imul(at + 1, 0x9e3779b1) | 1);
    for await (const batch of counted({ rows, seed: SEED }, (bytes) => (megabytes += bytes / 1e6))) {
      for (const { interaction } of batch) {
        const text = `${interaction.content.input}\n${interaction.content.output}`;
        const words = text.toLowerCase().match(/\w+/g) ?? [];
        const exact = createHash("sha256").update(words.join(" ")).digest("hex");
        if (seen.has(exact)) continue;
        seen.add(exact);
        const slots = new Uint32Array(112).fill(0xffffffff);
        for (let at = 0; at + 5 <= words.length; at++) {
          let hash = 0x811c9dc5;
          for (const char of words.slice(at, at + 5).join(" ")) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
          multipliers.forEach((by, slot) => {
            const value = Math.imul(hash ^ slot, by) >>> 0;
            if (value < (slots[slot] ?? 0)) slots[slot] = value;
          });
        }
        const keys = Array.from(
          { length: 14 },
          (_, band) => `${band}:${slots.slice(8 * band, 8 * band + 8).join(",")}`,
        );
        if (keys.some((key) => bands.has(key))) continue;
        for (const key of keys) bands.set(key, kept.length);
        kept.push(JSON.stringify([{ role: "user", content: text }]));
      }
    }
    examples = kept.length;
    writeFileSync(join(tmpdir(), `qi-bench-naive-${process.pid}`), kept.join("\n"));
    rmSync(join(tmpdir(), `qi-bench-naive-${process.pid}`));
  });
  return { name: "naive, in memory, duplicates alone", rows, megabytes, examples, ...watched };
}

async function watch(work: () => Promise<void>): Promise<Pick<Measured, "seconds" | "peakMegabytes">> {
  let peak = 0;
  const look = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const timer = setInterval(look, 50);
  const start = performance.now();
  await work();
  look();
  clearInterval(timer);
  return { seconds: (performance.now() - start) / 1000, peakMegabytes: peak / 1e6 };
}

function stages(): { info(fields: object, message: string): void } {
  const start = performance.now();
  return {
    info: (fields, message) =>
      void process.stderr.write(
        `${((performance.now() - start) / 1000).toFixed(1)} s ${message} ${JSON.stringify(fields)}\n`,
      ),
  };
}
