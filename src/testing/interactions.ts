import type { FeedbackInput } from "../api/learning/feedback.ts";
import type { InteractionInput } from "../api/learning/interaction.ts";
import { Random } from "./random.ts";

/** What a stream of made-up interactions is made from: the same seed gives the same stream. */
export interface StreamOptions {
  readonly seed?: number;
  readonly servedModel?: string;
  /** About how long the JSON of one is, in characters; 4000 unless told. */
  readonly size?: number;
  /** Planted in every text, as a user would have pasted it. */
  readonly canaries?: readonly string[];
  readonly now?: () => number;
}

/** Interactions as a coding assistant has them, with personal data and secrets in about every third. */
export function* interactions(options: StreamOptions = {}): Generator<InteractionInput, never> {
  const { servedModel = "qi-coder", size = 4000, canaries = [], now = Date.now } = options;
  const source = new Random(options.seed ?? 1);
  const random = () => source.next();
  const pick = <T>(list: readonly T[]): T => source.pick(list);
  for (let count = 0; ; count += 1) {
    const language = pick(LANGUAGES);
    const sensitive = random() < 0.33 ? pick(SENSITIVE)(random) : "";
    const planted = canaries.join(" ");
    const before = functionsIn(language, random, size / 16);
    const after = before.replace("total", "sum").concat(functionsIn(language, random, size / 40));
    const prose = paragraph(random, size / 6);
    yield {
      id: uuidv7(now(), random),
      at: new Date(now()).toISOString(),
      kind: pick(["prompt", "prompt", "command", "workflow"] as const),
      servedModel,
      modelVersion: `coder-${pick(["5be20c1f", "9c41d7aa"])}`,
      thinking: random() < 0.3,
      sessionId: `session-${Math.floor(count / 5)}`,
      subject: `person-${Math.floor(random() * 200)}`,
      repository: `repository-${Math.floor(random() * 50)}`,
      input: `Please change ${pick(VERBS)} in this ${language} code. ${prose}\n${sensitive} ${planted}\n\n${before}`,
      output: `I changed it. ${paragraph(random, size / 6)}\n\n\`\`\`${language}\n${after}\n\`\`\`\n${planted}`,
      code: [{ language, path: `src/module${Math.floor(random() * 100)}.${language}`, before, after }],
      context: {
        project: { name: "shop", framework: pick(["fastify", "django", "spring"]) },
        codebase: { language, branch: pick(["main", "feature/login"]) },
        environment: { os: "linux", editor: pick(["vscode", "neovim"]) },
        toolUsage: [
          { name: pick(["shell", "edit", "search"]), outcome: pick(["succeeded", "succeeded", "failed"] as const) },
        ],
      },
      usage: { promptTokens: 900, completionTokens: 600, durationMs: 1000 + Math.floor(random() * 9000) },
    };
  }
}

/** What people did with an interaction: nothing, or one to three things. */
export function feedbackOn(
  { id, code }: Pick<InteractionInput, "id" | "code">,
  options: { readonly seed: number; readonly now?: () => number },
): FeedbackInput[] {
  const source = new Random(options.seed);
  const random = () => source.next();
  const now = options.now ?? Date.now;
  const head = () => ({ id: uuidv7(now(), random), interactionId: id, at: new Date(now()).toISOString() });
  const list: FeedbackInput[] = [];
  if (random() < 0.2) list.push({ ...head(), type: "rating", rating: 1 + Math.floor(random() * 5) });
  if (random() < 0.6) list.push({ ...head(), type: "acceptance", accepted: random() < 0.7 });
  if (random() < 0.2) {
    const after = `${code?.[0]?.after ?? ""}\n# changed by hand`;
    list.push({ ...head(), type: "edit", block: 0, after });
  }
  if (random() < 0.3) list.push({ ...head(), type: "compile", succeeded: random() < 0.8 });
  if (random() < 0.3) list.push({ ...head(), type: "test", succeeded: random() < 0.7, passed: 10, failed: 1 });
  return list;
}

/** A UUIDv7 (RFC 9562) of this time. */
export function uuidv7(at: number, random: () => number): string {
  const hex = (bits: number) =>
    Math.floor(random() * 2 ** bits)
      .toString(16)
      .padStart(bits / 4, "0");
  const time = at.toString(16).padStart(12, "0");
  const variant = (8 + Math.floor(random() * 4)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(12)}-${variant}${hex(12)}-${hex(24)}${hex(24)}`;
}

const LANGUAGES = ["python", "typescript", "go"] as const;
const VERBS = ["the loop", "the names", "the error handling", "the query", "the tests"];
const WORDS =
  "the request handler reads a configuration file and then opens one connection for each worker so that slow clients never hold a lock while others wait for their turn".split(
    " ",
  );

const digits = (random: () => number, count: number) =>
  Array.from({ length: count }, () => Math.floor(random() * 10)).join("");

const SENSITIVE: readonly ((random: () => number) => string)[] = [
  (random) => `My address is jane.doe${digits(random, 3)}@example-corp.com if you need it.`,
  (random) => `password = "hunter${digits(random, 6)}Xy!"`,
  (random) => `The host 203.0.113.${1 + Math.floor(random() * 250)} does not answer.`,
  (random) => `AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCY${digits(random, 10)}`,
];

function paragraph(random: () => number, length: number): string {
  let text = "";
  while (text.length < length) text += `${WORDS[Math.floor(random() * WORDS.length)]} `;
  return text.trim();
}

function functionsIn(language: (typeof LANGUAGES)[number], random: () => number, length: number): string {
  let text = "";
  while (text.length < length) {
    const name = `step${Math.floor(random() * 10_000)}`;
    const limit = Math.floor(random() * 100);
    text += {
      python: `def ${name}(items, limit=${limit}):\n    total = 0\n    for item in items:\n        if item.size > limit:\n            total += item.size\n    return total\n\n`,
      typescript: `export function ${name}(items: readonly Item[], limit = ${limit}): number {\n  let total = 0;\n  for (const item of items) {\n    if (item.size > limit) total += item.size;\n  }\n  return total;\n}\n\n`,
      go: `func ${name}(items []Item, limit int) int {\n\ttotal := ${limit}\n\tfor _, item := range items {\n\t\tif item.Size > limit {\n\t\t\ttotal += item.Size\n\t\t}\n\t}\n\treturn total\n}\n\n`,
    }[language];
  }
  return text;
}
