import { ArtifactError, type ArtifactStore, type Sha256, sha256Of } from "../../artifacts/index.ts";
import { canonicalJson } from "../intake/canonical.ts";
import { cardOf } from "./card.ts";
import type { ListFile } from "./lists.ts";
import type { Manifest } from "./manifest.ts";
import type { Shard } from "./shards.ts";

export interface Published {
  /** The dataset's name: sha256 of its manifest. */
  readonly sha256: Sha256;
  /** Of the manifest. */
  readonly uri: string;
  readonly train: readonly { readonly uri: string; readonly sha256: Sha256 }[];
}

/** Files that are stored at a time. */
const AT_ONCE = 4;

/** Stores all files below `datasets/<sha256>/`, the manifest last: where there is one, the dataset is whole. */
export async function publish(
  artifacts: ArtifactStore,
  manifest: Manifest,
  shards: readonly Shard[],
  lists: readonly ListFile[],
  signal?: AbortSignal,
): Promise<Published> {
  const bytes = Buffer.from(canonicalJson(manifest));
  const sha256 = sha256Of(bytes);
  const folder = folderOf(sha256);
  const uris = new Map<string, string>();
  const queue = [...shards, ...lists].values();
  const store = async (): Promise<void> => {
    for (const { path, sha256: digest } of queue) {
      const options = { sha256: digest, ...(signal === undefined ? {} : { signal }) };
      uris.set(path, (await artifacts.put(folder, { path }, options)).uri);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, store));
  await createOnce(artifacts, `${folder}/README.md`, Buffer.from(cardOf(manifest, sha256)));
  const uri = await createOnce(artifacts, `${folder}/manifest.json`, bytes);
  const train = shards
    .filter((shard) => shard.split === "train")
    .map((shard) => ({ uri: uris.get(shard.path) ?? "", sha256: shard.sha256 }));
  return { sha256, uri, train };
}

/** Removes the files of a dataset. Its record stays: what was trained on it can still be named. */
export async function unpublish(artifacts: Pick<ArtifactStore, "list" | "remove">, sha256: Sha256): Promise<void> {
  for await (const { uri } of artifacts.list(`${folderOf(sha256)}/`)) await artifacts.remove(uri);
}

/** Where a file of a dataset lies. */
export function uriOf(artifacts: Pick<ArtifactStore, "root">, dataset: Sha256, file: Sha256): string {
  return `${artifacts.root}${folderOf(dataset)}/${file}`;
}

const folderOf = (sha256: Sha256) => `datasets/${sha256}`;

/** Written before, it is the same: the folder is named by what the content is made of. */
async function createOnce(artifacts: ArtifactStore, key: string, bytes: Uint8Array): Promise<string> {
  try {
    return (await artifacts.create(key, bytes)).uri;
  } catch (error) {
    if (error instanceof ArtifactError && error.code === "AlreadyExists") return artifacts.root + key;
    throw error;
  }
}
