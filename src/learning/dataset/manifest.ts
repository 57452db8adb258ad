import { INPUT_KINDS } from "../../api/learning/interaction.ts";
import type { DataPolicy, DatasetPolicy } from "../../api/learning/policies.ts";
import type { Instant, Tenant } from "../model.ts";
import type { Balanced } from "./balance.ts";
import type { ContributorCap } from "./contributors.ts";
import { describe, METHODS } from "./describe.ts";
import type { EvaluationRead } from "./evaluation.ts";
import { type Exclusion, type Rows, SPLITS, type Split } from "./rows.ts";
import type { Selected, Stage } from "./select.ts";
import type { DatasetFile, Shard } from "./shards.ts";
import type { ThinkingRatio } from "./thinking.ts";

/** Grows with every change that makes other bytes of the same input. */
export const BUILDER_VERSION = "2";
export const MANIFEST_SCHEMA = "learning.qi.dev/dataset/v1";

/** A file lies beside the manifest under its sha256. */
export type ManifestFile = DatasetFile;

export interface ManifestSplit {
  readonly rows: number;
  /** Share asked for, and share it has. */
  readonly asked: number;
  readonly reached: number;
  readonly files: readonly ManifestFile[];
}

/**
 * What a dataset is, whole: its name is the sha256 of this as canonical JSON. Nothing in it depends on when, where or in
 * what pieces it was built.
 */
export interface Manifest {
  readonly schema: typeof MANIFEST_SCHEMA;
  readonly builder: string;
  readonly tenant: string;
  readonly policy: { readonly name: string; readonly revision: number; readonly servedModel: string };
  readonly settings: DatasetPolicy;
  /** RFC 3339. */
  readonly asOf: string;
  readonly from?: string;
  readonly threshold: number;
  readonly candidates: number;
  readonly examples: number;
  /** Candidates = examples + the sum of these. */
  readonly excluded: Readonly<Record<Exclusion, number>>;
  /** What was left after each stage, in order. */
  readonly stages: readonly Stage[];
  readonly splits: Readonly<Record<Split, ManifestSplit>>;
  /** Every interaction in it with its split and shard; and every other candidate with its reason. */
  readonly members: ManifestFile;
  readonly notMembers: ManifestFile;
  readonly thinking: ThinkingRatio;
  readonly contributors: ContributorCap & { readonly examples: Readonly<Record<string, number>> };
  readonly balanced: readonly (Omit<Balanced, "value"> & { readonly value: string })[];
  readonly languages: Readonly<Record<string, number>>;
  readonly kinds: Readonly<Record<string, number>>;
  /** Examples by score, in twentieths from 0. */
  readonly quality: readonly number[];
  /** Examples in which the user's code stands in for the model's. */
  readonly edited: number;
  readonly evaluation: readonly EvaluationRead[];
  readonly methods: typeof METHODS;
}

export interface ManifestInput {
  readonly tenant: Tenant;
  readonly policy: DataPolicy;
  readonly policyRevision: number;
  readonly asOf: Instant;
  readonly from?: Instant;
  readonly threshold: number;
  readonly rows: Rows;
  readonly languages: readonly string[];
  readonly contributors: readonly string[];
  readonly selected: Selected;
  readonly shards: readonly Shard[];
  readonly members: DatasetFile;
  readonly notMembers: DatasetFile;
  readonly evaluated: readonly EvaluationRead[];
}

export function manifestOf(input: ManifestInput): Manifest {
  const { policy, selected, rows, languages } = input;
  const { contributors, ...described } = describe(rows, languages, input.contributors);
  return {
    schema: MANIFEST_SCHEMA,
    builder: BUILDER_VERSION,
    tenant: input.tenant,
    policy: {
      name: `${policy.namespace}/${policy.name}`,
      revision: input.policyRevision,
      servedModel: policy.servedModel,
    },
    settings: policy.dataset,
    asOf: new Date(input.asOf).toISOString(),
    ...(input.from === undefined ? {} : { from: new Date(input.from).toISOString() }),
    threshold: input.threshold,
    candidates: rows.count,
    examples: rows.countIn(),
    stages: selected.stages,
    splits: splitsOf(input),
    members: fileOf(input.members),
    notMembers: fileOf(input.notMembers),
    thinking: selected.thinking,
    contributors: { ...selected.cap, examples: contributors },
    balanced: selected.balanced.map((one) => ({
      ...one,
      value: (one.by === "language" ? languages : INPUT_KINDS)[one.value] ?? "",
    })),
    ...described,
    evaluation: input.evaluated,
    methods: METHODS,
  };
}

function splitsOf({ policy, selected, shards }: ManifestInput): Manifest["splits"] {
  const { validation, test } = policy.dataset.split;
  const asked = [1 - validation - test, validation, test];
  const all = selected.totals.reduce((sum, rows) => sum + rows, 0);
  const of = (split: Split): ManifestSplit => {
    const rows = selected.totals[SPLITS.indexOf(split)] ?? 0;
    const files = shards.filter((shard) => shard.split === split).map(fileOf);
    return { rows, asked: asked[SPLITS.indexOf(split)] ?? 0, reached: rows / all, files };
  };
  return { train: of("train"), validation: of("validation"), test: of("test") };
}

function fileOf({ name, sha256, size, rows }: DatasetFile): ManifestFile {
  return { name, sha256, size, rows };
}
