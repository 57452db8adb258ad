import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { folderStore } from "../../../artifacts/index.ts";
import type { DatasetMember, DatasetRecord, LoadedInteraction } from "../../store/port.ts";
import { type BuildOptions, type BuiltDataset, buildDataset } from "../build.ts";
import { readShard, type ShardRow } from "../read-shard.ts";
import { SPLITS, type Split } from "../rows.ts";
import { AS_OF, policyOf, TENANT } from "./candidates.ts";

export interface Outcome extends BuiltDataset {
  readonly folder: string;
  readonly record: Omit<DatasetRecord, "erasedAt">;
  readonly recorded: readonly DatasetMember[];
  readonly rows: Readonly<Record<Split, readonly ShardRow[]>>;
  readonly excluded: ReadonlyMap<string, string>;
}

/** Builds from candidates in memory into a folder, and reads back all that was written. */
export class Workshop implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "qi-dataset-"));
  readonly artifacts = folderStore(join(this.folder, "artifacts"));

  async build(
    candidates: readonly LoadedInteraction[],
    options: Partial<BuildOptions> & { batch?: number } = {},
  ): Promise<Outcome> {
    const workspace = mkdtempSync(join(this.folder, "workspace-"));
    let record: Omit<DatasetRecord, "erasedAt"> | undefined;
    const recorded: DatasetMember[] = [];
    const built = await buildDataset({
      store: {
        datasets: {
          async *candidates() {
            const { batch = 100 } = options;
            for (let at = 0; at < candidates.length; at += batch) yield candidates.slice(at, at + batch);
          },
          async add(added, members) {
            record = added;
            for await (const batch of members) recorded.push(...batch);
          },
        },
      },
      artifacts: this.artifacts,
      tenant: TENANT,
      policy: policyOf(),
      policyRevision: 3,
      asOf: AS_OF,
      threshold: 0.7,
      workspace,
      now: () => AS_OF + 5,
      threads: 1,
      ...options,
    });
    if (readdirSync(workspace).length > 0) throw new Error("the build left something in its workspace");
    if (record === undefined) throw new Error("the dataset was not recorded");
    const folder = fileURLToPath(built.uri.replace(/\/[^/]*$/, ""));
    const read = async (split: Split): Promise<ShardRow[]> =>
      (
        await Promise.all(built.manifest.splits[split].files.map((file) => readShard(join(folder, file.sha256))))
      ).flat();
    const [train, validation, test] = await Promise.all(SPLITS.map(read));
    const excluded = (await readFile(join(folder, built.manifest.notMembers.sha256), "utf8"))
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as { id: string; reason: string });
    return {
      ...built,
      folder,
      record,
      recorded,
      rows: { train: train ?? [], validation: validation ?? [], test: test ?? [] },
      excluded: new Map(excluded.map(({ id, reason }) => [id, reason])),
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
