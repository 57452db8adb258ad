import { Forest } from "./forest.ts";
import type { LinkFile } from "./links.ts";
import type { Rows } from "./rows.ts";
import { spread } from "./words.ts";

const TRAIN = 0;
const VALIDATION = 1;
const TEST = 2;
/** A split may miss its share by this much of it before groups are moved: moving makes splits less stable. */
const TOLERANCE = 0.25;

export interface Shares {
  readonly validation: number;
  readonly test: number;
}

/** How many rows each split has, in the order of SPLITS. */
export type Totals = [train: number, validation: number, test: number];

/**
 * What is connected by a session or a repository is one group and lies in one split: that in which the group's hash
 * falls. Then groups are moved between training and the others, those nearest to the border first, until each is near
 * its share.
 */
export async function split(rows: Rows, links: LinkFile, shares: Shares, pause: () => Promise<void>): Promise<Totals> {
  const forest = new Forest(rows.count);
  await links.pairs(
    (first, row) => forest.join(first, row),
    pause,
    (row) => rows.isIn(row),
  );
  const sizes = new Uint32Array(rows.count);
  for (let row = 0; row < rows.count; row++) {
    const root = forest.find(row);
    if (rows.isIn(row)) sizes[root] = (sizes[root] ?? 0) + 1;
  }
  const groups = new Groups(sizes, placesOf(rows, forest, links), shares);
  groups.assign();
  for (let row = 0; row < rows.count; row++) rows.split[row] = groups.splits[forest.find(row)] ?? TRAIN;
  return groups.totals;
}

/** Of each root, a number from 0 to 1 made from the least key in its group: it stays the same from build to build. */
function placesOf(rows: Rows, forest: Forest, links: LinkFile): Float64Array {
  const highs = new Uint32Array(rows.count).fill(0xffffffff);
  const lows = new Uint32Array(rows.count).fill(0xffffffff);
  links.each((high, low, row) => {
    if (!rows.isIn(row)) return;
    const root = forest.find(row);
    const least = highs[root] ?? 0;
    if (high > least || (high === least && low >= (lows[root] ?? 0))) return;
    highs[root] = high;
    lows[root] = low;
  });
  return Float64Array.from(highs, (high, root) => spread(high ^ spread(lows[root] ?? 0)) / 2 ** 32);
}

/** Groups by their root: `sizes` is 0 for what is none. */
export class Groups {
  readonly splits: Uint8Array;
  readonly totals: Totals = [0, 0, 0];
  readonly #sizes: Uint32Array;
  readonly #places: Float64Array;
  readonly #asked: Totals;
  readonly #shares: Shares;

  constructor(sizes: Uint32Array, places: Float64Array, shares: Shares) {
    const rows = sizes.reduce((sum, size) => sum + size, 0);
    this.splits = new Uint8Array(sizes.length);
    this.#sizes = sizes;
    this.#places = places;
    this.#shares = shares;
    this.#asked = [rows * (1 - shares.validation - shares.test), rows * shares.validation, rows * shares.test];
  }

  assign(): void {
    const { validation, test } = this.#shares;
    this.#sizes.forEach((size, root) => {
      const place = this.#places[root] ?? 0;
      const wanted = place < test ? TEST : place < test + validation ? VALIDATION : TRAIN;
      const split = size > this.#most(wanted) ? TRAIN : wanted;
      this.splits[root] = split;
      this.totals[split] += size;
    });
    for (const split of [TEST, VALIDATION] as const) {
      if (this.#asked[split] > 0) this.#correct(split);
    }
  }

  #least(split: 0 | 1 | 2): number {
    return this.#asked[split] - Math.max(1, TOLERANCE * this.#asked[split]);
  }
  #most(split: 0 | 1 | 2): number {
    return split === TRAIN ? Infinity : this.#asked[split] + Math.max(1, TOLERANCE * this.#asked[split]);
  }

  #correct(split: 1 | 2): void {
    if (this.totals[split] > this.#most(split)) {
      for (const root of this.#nearest(split, -1)) {
        if (this.totals[split] <= this.#most(split)) break;
        if (this.totals[split] - (this.#sizes[root] ?? 0) >= this.#least(split)) this.#move(root, TRAIN);
      }
    } else if (this.totals[split] < this.#least(split)) {
      for (const root of this.#nearest(TRAIN, 1)) {
        if (this.totals[split] >= this.#least(split)) break;
        if (this.totals[split] + (this.#sizes[root] ?? 0) <= this.#most(split)) this.#move(root, split);
      }
    }
    if (this.totals[split] > 0) return;
    // Better too large a split than none, while training keeps half of its share.
    const smallest = this.#smallestOf(TRAIN);
    if (smallest === undefined) return;
    if (this.totals[TRAIN] - (this.#sizes[smallest] ?? 0) >= this.#asked[TRAIN] / 2) this.#move(smallest, split);
  }

  #move(root: number, to: 0 | 1 | 2): void {
    const size = this.#sizes[root] ?? 0;
    for (const split of [TRAIN, VALIDATION, TEST] as const) {
      if (this.splits[root] === split) this.totals[split] -= size;
    }
    this.splits[root] = to;
    this.totals[to] += size;
  }

  /** Of a split, by place, up (1) or down (-1). */
  #nearest(split: number, direction: 1 | -1): number[] {
    const roots: number[] = [];
    this.#sizes.forEach((size, root) => {
      if (size > 0 && this.splits[root] === split) roots.push(root);
    });
    return roots.sort((a, b) => direction * ((this.#places[a] ?? 0) - (this.#places[b] ?? 0)) || a - b);
  }

  #smallestOf(split: number): number | undefined {
    let found: number | undefined;
    this.#sizes.forEach((size, root) => {
      if (size === 0 || this.splits[root] !== split) return;
      const least = found === undefined ? Infinity : (this.#sizes[found] ?? 0);
      const nearer = size === least && (this.#places[root] ?? 0) < (this.#places[found ?? root] ?? 0);
      if (size < least || nearer) found = root;
    });
    return found;
  }
}
