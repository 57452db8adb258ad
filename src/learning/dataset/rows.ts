/** Why a candidate is not in the dataset: exactly one of these, the first that applies. */
export const EXCLUSIONS = [
  /** Never assessed, or below the threshold. */
  "BelowThreshold",
  /** A reviewer said so. */
  "ExcludedByReviewer",
  /** Received after `asOf`. */
  "AfterCut",
  /** The answer is blank. */
  "NoAnswer",
  /** A message holds a token that ends turns as text: a server would never send it so, and the trainer leaves it out. */
  "ControlTokens",
  /** It, or a near duplicate of it, shares 12 words in a row with an evaluation set. */
  "Contaminated",
  /** The same words in the same order as a better example. */
  "ExactDuplicate",
  /** A near duplicate of a better example. */
  "NearDuplicate",
  /** Among the worst of a value of `balanceBy` that crowds out the others. */
  "Unbalanced",
  /** Among the worst of a contributor who has more than `maxSharePerContributor`. */
  "ContributorCap",
] as const;
export type Exclusion = (typeof EXCLUSIONS)[number];

export const SPLITS = ["train", "validation", "test"] as const;
export type Split = (typeof SPLITS)[number];

/** How the reasoning of an example is treated. */
export const FORMS = {
  /** Has none and is learnt without. */
  plain: 0,
  /** Learnt with its own. */
  reasoned: 1,
  /** Has none; the trainer makes one. */
  needsTrace: 2,
  /** Has one that is left out, so that the model goes on to answer without, too. */
  stripped: 3,
} as const;

/** Scores are compared in millionths, ties go to the older example: the order is the same on every machine. */
export const SCORE_UNIT = 1_000_000;
const CHUNK = 1 << 16;

/** What is known of each candidate, 42 bytes a row; its text lies on disk. A row's number is its place by id. */
export class Rows {
  count = 0;
  /** 0: in. Else the place of its exclusion in EXCLUSIONS, from 1. */
  state = new Uint8Array(CHUNK);
  split = new Uint8Array(CHUNK);
  form = new Uint8Array(CHUNK);
  edited = new Uint8Array(CHUNK);
  score = new Uint32Array(CHUNK);
  language = new Uint32Array(CHUNK);
  kind = new Uint8Array(CHUNK);
  contributor = new Uint32Array(CHUNK);
  /** Index of the message that is learnt. */
  learn = new Uint8Array(CHUNK);
  /** Where its messages lie in the spilled text. */
  offset = new Float64Array(CHUNK);
  length = new Uint32Array(CHUNK);
  /** Bytes of them before the reasoning; 0: none. */
  reasoningAt = new Uint32Array(CHUNK);

  add(): number {
    if (this.count === this.state.length) this.#grow(2 * this.count);
    return this.count++;
  }

  /** Marks `row`; what is excluded already keeps its reason. */
  exclude(row: number, why: Exclusion): void {
    if (this.state[row] === 0) this.state[row] = EXCLUSIONS.indexOf(why) + 1;
  }

  isIn(row: number): boolean {
    return this.state[row] === 0;
  }

  exclusionOf(row: number): Exclusion | undefined {
    return EXCLUSIONS[(this.state[row] ?? 0) - 1];
  }

  countIn(): number {
    let found = 0;
    for (let row = 0; row < this.count; row++) if (this.state[row] === 0) found++;
    return found;
  }

  #grow(size: number): void {
    this.state = grown(this.state, new Uint8Array(size));
    this.split = grown(this.split, new Uint8Array(size));
    this.form = grown(this.form, new Uint8Array(size));
    this.edited = grown(this.edited, new Uint8Array(size));
    this.score = grown(this.score, new Uint32Array(size));
    this.language = grown(this.language, new Uint32Array(size));
    this.kind = grown(this.kind, new Uint8Array(size));
    this.contributor = grown(this.contributor, new Uint32Array(size));
    this.learn = grown(this.learn, new Uint8Array(size));
    this.offset = grown(this.offset, new Float64Array(size));
    this.length = grown(this.length, new Uint32Array(size));
    this.reasoningAt = grown(this.reasoningAt, new Uint32Array(size));
  }
}

function grown<A extends Uint8Array | Uint32Array | Float64Array>(from: A, to: A): A {
  to.set(from);
  return to;
}

/** Gives each name a number, in the order in which they come. Beyond `limit` all are one: clients make them up. */
export class Names {
  readonly #numbers = new Map<string, number>();
  readonly #limit: number;
  constructor(limit: number) {
    this.#limit = limit;
  }
  numberOf(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    if (this.#numbers.size >= this.#limit) return this.#limit;
    this.#numbers.set(name, this.#numbers.size);
    return this.#numbers.size - 1;
  }
  /** By number. */
  list(): string[] {
    return [...this.#numbers.keys(), ...(this.#numbers.size === this.#limit ? ["other"] : [])];
  }
}

/** All that are in, worst first; of equal scores the newer first. */
export function worstFirst(rows: Rows): Uint32Array {
  const keys = new Float64Array(rows.countIn());
  for (let row = 0, at = 0; row < rows.count; row++) {
    // Score and row in one number of 52 bits: sorting numbers needs no comparison function.
    if (rows.isIn(row)) keys[at++] = (rows.score[row] ?? 0) * 2 ** 32 + (2 ** 32 - 1 - row);
  }
  keys.sort();
  return Uint32Array.from(keys, (key) => 2 ** 32 - 1 - (key % 2 ** 32));
}
