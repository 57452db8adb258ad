import { availableParallelism } from "node:os";
import { setImmediate as nextTurn } from "node:timers/promises";
import { INPUT_KINDS } from "../../api/learning/interaction.ts";
import type { DataPolicy } from "../../api/learning/policies.ts";
import type { ArtifactStore } from "../../artifacts/index.ts";
import type { Instant, Tenant } from "../model.ts";
import type { DatasetStore } from "../store/port.ts";
import { Collector } from "./collect.ts";
import { type EvaluationSet, readEvaluation } from "./evaluation.ts";
import { membersOf, writeExcluded, writeMembers } from "./lists.ts";
import { type Manifest, manifestOf } from "./manifest.ts";
import { type Progress, progressTo } from "./progress.ts";
import { type Published, publish } from "./publish.ts";
import { select } from "./select.ts";
import { writeShards } from "./shards.ts";
import { Spill } from "./spill.ts";
import { Threads } from "./threads.ts";

export interface BuildLog {
  info(fields: object, message: string): void;
}

export interface BuildOptions {
  readonly store: { readonly datasets: Pick<DatasetStore, "candidates" | "add"> };
  readonly artifacts: ArtifactStore;
  readonly tenant: Tenant;
  readonly policy: DataPolicy;
  readonly policyRevision: number;
  readonly asOf: Instant;
  readonly from?: Instant;
  readonly threshold: number;
  readonly evaluation?: readonly EvaluationSet[];
  /** A folder with room for the text of all candidates. What the build puts there is gone afterwards. */
  readonly workspace: string;
  /** For the record's `createdAt` alone: no time of the build gets into the dataset. */
  readonly now: () => Instant;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** 0 to 1. */
  readonly onProgress?: (share: number) => void;
  readonly log?: BuildLog;
}

export interface BuiltDataset extends Published {
  readonly manifest: Manifest;
}

/**
 * Builds a dataset, stores and records it. Candidates are read once and their text goes to disk; what is decided by is
 * held in memory, some 60 bytes a row. Throws DatasetRefused where the result must not be trained on.
 */
export async function buildDataset(options: BuildOptions): Promise<BuiltDataset> {
  const { store, artifacts, tenant, policy, signal } = options;
  const count = options.threads ?? Math.max(1, availableParallelism());
  const progress = progressTo(options.asOf, options.onProgress ?? (() => {}));
  await using spill = new Spill(options.workspace);
  const evaluation = await readEvaluation(options.evaluation ?? [], artifacts, spill, signal);
  await using threads = new Threads(count, evaluation.table, signal);
  using collector = await collect(options, spill, threads, count, progress);

  const { rows } = collector;
  const selected = await select(rows, collector, policy.dataset, async () => {
    signal?.throwIfAborted();
    await nextTurn();
  });
  options.log?.info({ stages: selected.stages, splits: selected.totals }, "what a dataset is made of is decided");

  const examples = rows.countIn();
  const shards = await writeShards(rows, {
    spill,
    threads,
    atOnce: count,
    languages: collector.languages.list(),
    kinds: INPUT_KINDS,
    onWritten: (written) => progress.wrote(written / examples),
  });
  const members = writeMembers(rows, spill.ids, shards, spill.path("members.ndjson"));
  const notMembers = writeExcluded(rows, spill.ids, spill.path("excluded.ndjson"));
  const manifest = manifestOf({
    ...options,
    rows,
    languages: collector.languages.list(),
    contributors: collector.contributors.list(),
    selected,
    shards,
    members,
    notMembers,
    evaluated: evaluation.read,
  });
  const published = await publish(artifacts, manifest, shards, [members, notMembers], signal);
  const { sha256, uri } = published;
  const record = { sha256, tenant, policy: manifest.policy.name, uri, manifest, createdAt: options.now() };
  await store.datasets.add(record, membersOf(spill.ids, shards));
  options.log?.info({ sha256, examples }, "a dataset is built");
  return { ...published, manifest };
}

async function collect(
  options: BuildOptions,
  spill: Spill,
  threads: Threads,
  threadCount: number,
  progress: Progress,
): Promise<Collector> {
  const { asOf, from, threshold, tenant, policy, signal } = options;
  const { groupBy } = policy.dataset.split;
  const collector = new Collector(spill, threads, { asOf, threshold, groupBy, ahead: threadCount + 2 });
  try {
    await spill.start();
    const query = { tenant, policy: `${policy.namespace}/${policy.name}`, asOf, minOverall: threshold };
    for await (const batch of options.store.datasets.candidates(from === undefined ? query : { ...query, from })) {
      signal?.throwIfAborted();
      await collector.add(batch);
      const last = batch.at(-1);
      if (last !== undefined) progress.read(last.interaction.facts.id);
    }
    await collector.finish();
    await spill.finish();
    return collector;
  } catch (error) {
    collector[Symbol.dispose]();
    throw error;
  }
}
