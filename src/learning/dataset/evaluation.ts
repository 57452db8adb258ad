import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { ArtifactStore } from "../../artifacts/index.ts";
import { NgramCollector, type NgramTable } from "./contamination.ts";
import { DatasetRefused } from "./errors.ts";
import type { Spill } from "./spill.ts";
import { wordsOf } from "./words.ts";

/** What the model will be measured by, as JSONL in the artifact store. Every text in a line counts, whatever its key. */
export interface EvaluationSet {
  readonly name: string;
  readonly uri: string;
  readonly sha256: string;
}

export interface EvaluationRead {
  readonly name: string;
  readonly sha256: string;
  readonly lines: number;
  /** Texts of at least 12 words: only these can be found again. */
  readonly texts: number;
}

/** The 12-grams of all sets. */
export async function readEvaluation(
  sets: readonly EvaluationSet[],
  artifacts: ArtifactStore,
  spill: Spill,
  signal?: AbortSignal,
): Promise<{ readonly table: NgramTable; readonly read: readonly EvaluationRead[] }> {
  const ngrams = new NgramCollector();
  const read: EvaluationRead[] = [];
  for (const [index, { name, uri, sha256 }] of [...sets].sort((a, b) => (a.name < b.name ? -1 : 1)).entries()) {
    const to = spill.path(`evaluation-${index}`);
    await artifacts.fetch(uri, { sha256, to, ...(signal === undefined ? {} : { signal }) });
    read.push({ name, sha256, ...(await readSet(name, to, ngrams)) });
  }
  return { table: ngrams.table(), read };
}

async function readSet(name: string, path: string, ngrams: NgramCollector): Promise<{ lines: number; texts: number }> {
  let lines = 0;
  let texts = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    lines++;
    if (line.trim() === "") continue;
    for (const text of textsIn(parse(line, name, lines))) {
      if (ngrams.add(wordsOf(text)) > 0) texts++;
    }
  }
  return { lines, texts };
}

/** The line is not quoted: an evaluation set is no more public than what users write. */
function parse(line: string, name: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new DatasetRefused("EvaluationSetInvalid", `line ${number} of the evaluation set ${name} is not JSON`);
  }
}

function* textsIn(value: unknown): Iterable<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) yield* textsIn(inner);
}
