import { createHash } from "node:crypto";
import { INPUT_KINDS } from "../../api/learning/interaction.ts";
import { CONTAMINATION_NGRAM } from "./contamination.ts";
import { BANDS, NGRAM, ROWS_PER_BAND } from "./minhash.ts";
import { EXCLUSIONS, type Exclusion, type Rows, SCORE_UNIT } from "./rows.ts";
import { SHARD_BYTES, SHARD_ROWS } from "./shards.ts";

const QUALITY_BUCKETS = 20;

export interface Description {
  readonly excluded: Readonly<Record<Exclusion, number>>;
  readonly languages: Readonly<Record<string, number>>;
  readonly kinds: Readonly<Record<string, number>>;
  readonly contributors: Readonly<Record<string, number>>;
  readonly quality: readonly number[];
  readonly edited: number;
}

/** Counts what is in and what is not. Contributors stand there by a hash: a dataset travels further than keys' ids should. */
export function describe(rows: Rows, languages: readonly string[], contributors: readonly string[]): Description {
  const excluded: number[] = EXCLUSIONS.map(() => 0);
  const quality: number[] = Array.from({ length: QUALITY_BUCKETS }, () => 0);
  const byLanguage = languages.map(() => 0);
  const byKind: number[] = INPUT_KINDS.map(() => 0);
  const byContributor = contributors.map(() => 0);
  let edited = 0;
  for (let row = 0; row < rows.count; row++) {
    if (!rows.isIn(row)) {
      count(excluded, (rows.state[row] ?? 0) - 1);
      continue;
    }
    count(quality, Math.min(QUALITY_BUCKETS - 1, Math.floor(((rows.score[row] ?? 0) * QUALITY_BUCKETS) / SCORE_UNIT)));
    count(byLanguage, rows.language[row] ?? 0);
    count(byKind, rows.kind[row] ?? 0);
    count(byContributor, rows.contributor[row] ?? 0);
    edited += rows.edited[row] ?? 0;
  }
  const of = (reason: Exclusion): number => excluded[EXCLUSIONS.indexOf(reason)] ?? 0;
  return {
    excluded: {
      BelowThreshold: of("BelowThreshold"),
      ExcludedByReviewer: of("ExcludedByReviewer"),
      AfterCut: of("AfterCut"),
      NoAnswer: of("NoAnswer"),
      ControlTokens: of("ControlTokens"),
      Contaminated: of("Contaminated"),
      ExactDuplicate: of("ExactDuplicate"),
      NearDuplicate: of("NearDuplicate"),
      Unbalanced: of("Unbalanced"),
      ContributorCap: of("ContributorCap"),
    },
    languages: named(languages, byLanguage),
    kinds: named(INPUT_KINDS, byKind),
    contributors: named(contributors.map(hashed), byContributor),
    quality,
    edited,
  };
}

/** How duplicates and the like were found: another reader can do the same again. */
export const METHODS = {
  exactDuplicates: { compared: "the words of question and answer, in order", hash: "xxh64" },
  nearDuplicates: { ngram: NGRAM, bands: BANDS, rowsPerBand: ROWS_PER_BAND, hash: "one-permutation MinHash, seedless" },
  contamination: { ngram: CONTAMINATION_NGRAM, compared: "all messages and the reasoning" },
  splits: { hash: "of the least key of a group, seedless" },
  shards: { rows: SHARD_ROWS, bytes: SHARD_BYTES, codec: `zstd ${process.versions.zstd} level 1` },
} as const;

function count(counts: number[], at: number): void {
  counts[at] = (counts[at] ?? 0) + 1;
}

function named(names: readonly string[], counts: readonly number[]): Record<string, number> {
  return Object.fromEntries(names.flatMap((name, at) => (counts[at] ? [[name, counts[at]]] : [])));
}

function hashed(contributor: string): string {
  return createHash("sha256").update(`contributor:${contributor}`).digest("hex").slice(0, 16);
}
