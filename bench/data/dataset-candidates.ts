import type { LoadedInteraction } from "../../src/learning/store/port.ts";
import { Random } from "../../src/testing/random.ts";

/** 2026-06-01. */
export const AS_OF = Date.UTC(2026, 5, 1);
export const TENANT = "team";

/** As many as a store hands out at a time. */
const BATCH = 250;
const FRAGMENTS = 4096;
const LANGUAGES = ["typescript", "typescript", "typescript", "go", "python", "java", "rust", "sql"];
const KINDS = ["prompt", "prompt", "prompt", "command", "workflow"] as const;

export interface Stream {
  readonly rows: number;
  readonly seed: number;
}

/** What the stream is made of, so that a duplicate can be told from what only shares a paragraph. */
interface Recipe {
  readonly fragments: readonly number[];
  readonly twist: string;
}

/**
 * Candidates of 2 to 4 KB as a store hands them out, made without a store: prose and code from a pool of paragraphs in
 * an order of their own. 5 % repeat an earlier one word for word, 5 % but for a few words. Sessions of five, a repository
 * for each 200 rows, 200 contributors of unlike diligence, reasoning in 30 %.
 */
export async function* candidates({ rows, seed }: Stream): AsyncGenerator<readonly LoadedInteraction[]> {
  const random = new Random(seed);
  const pool = Array.from({ length: FRAGMENTS }, () => fragment(random));
  const recent: Recipe[] = [];
  for (let first = 0; first < rows; first += BATCH) {
    const batch: LoadedInteraction[] = [];
    for (let row = first; row < Math.min(rows, first + BATCH); row++) {
      const recipe = recipeOf(random, recent);
      recent[row % 1000] = recipe;
      batch.push(candidate(row, rows, recipe, pool, random));
    }
    yield batch;
  }
}

/** Texts that a share of the candidates hold: an evaluation set that leaked. */
export function evaluationLines({ seed }: Stream): string {
  const random = new Random(seed);
  const pool = Array.from({ length: FRAGMENTS }, () => fragment(random));
  return pool
    .slice(0, 4)
    .map((text) => `${JSON.stringify({ prompt: text })}\n`)
    .join("");
}

function recipeOf(random: Random, recent: readonly Recipe[]): Recipe {
  const chance = random.next();
  const earlier = recent[Math.floor(random.next() * recent.length)];
  if (earlier !== undefined && chance < 0.05) return earlier;
  if (earlier !== undefined && chance < 0.1) return { ...earlier, twist: ` then ${random.next()}` };
  const fragments = Array.from({ length: 6 + Math.floor(random.next() * 6) }, () =>
    Math.floor(random.next() * FRAGMENTS),
  );
  return { fragments, twist: "" };
}

function candidate(
  row: number,
  rows: number,
  recipe: Recipe,
  pool: readonly string[],
  random: Random,
): LoadedInteraction {
  const at = AS_OF - rows + row;
  const id = `${at
    .toString(16)
    .padStart(12, "0")
    .replace(/^(.{8})/, "$1-")}-7000-8000-${row.toString(16).padStart(12, "0")}`;
  const session = Math.floor(row / 5);
  const language = random.pick(LANGUAGES);
  const texts = recipe.fragments.map((index) => pool[index] ?? "");
  const code = texts.slice(3).join("\n\n");
  const contributor = Math.floor(200 * random.next() ** 2);
  return {
    interaction: {
      facts: {
        tenant: TENANT,
        id,
        at,
        policy: "team/coder",
        policyRevision: 1,
        kind: random.pick(KINDS),
        servedModel: "coder",
        modelVersion: "coder-5be20c1f",
        thinking: false,
        session: hashLike("session", session),
        subject: hashLike("subject", contributor),
        repository: hashLike("repository", Math.floor(row / 200)),
        contributor: `key-${contributor}`,
        languages: [language],
        tools: [],
        redactions: {},
      },
      content: {
        input: `${texts.slice(0, 2).join(" ")}${recipe.twist}`,
        // In one piece, as texts come from a store.
        output: [texts[2], "\n\n```", language, "\n", code, "\n```"].join(""),
        history: [],
        code: [{ language, after: code }],
        syntax: [],
        placeholders: {},
        ...(random.next() < 0.3 ? { reasoning: texts[1] ?? "" } : {}),
      },
      receivedAt: at,
      feedbackSeq: 1,
    },
    feedback: [],
    assessment: {
      tenant: TENANT,
      id,
      feedbackSeq: 1,
      assessorVersion: "1",
      dimensions: {},
      overall: 0.7 + 0.3 * random.next(),
      confidence: 0.8,
      why: [],
      assessedAt: at,
    },
  };
}

/** As long as a keyed hash is. */
function hashLike(kind: string, number: number): string {
  return kind.padEnd(16, "-") + String(number).padStart(48, "0");
}

/** 200 to 450 characters of words as code and prose have them. */
function fragment(random: Random): string {
  const length = 30 + Math.floor(random.next() * 40);
  return Array.from({ length }, () => {
    const word = Math.floor(random.next() * 20_000).toString(36);
    return random.next() < 0.2 ? `${word}(${word}_${Math.floor(random.next() * 100)});\n` : word;
  }).join(" ");
}
