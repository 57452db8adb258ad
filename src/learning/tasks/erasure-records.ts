import { text } from "node:stream/consumers";
import { z } from "zod";
import { ArtifactError, type ArtifactStore } from "../../artifacts/index.ts";
import type { Instant, KeyedHash, Tenant } from "../model.ts";
import type { ErasureStore, TaskStore } from "../store/port.ts";

/** That a person was erased, kept outside the database: a backup of it that is restored knows nothing of it. */
export interface ErasureRecord {
  readonly tenant: Tenant;
  /** The erasure's. */
  readonly id: string;
  readonly subject: KeyedHash;
  readonly at: Instant;
}

const record = z.object({ subject: z.string() });
const folderOf = (tenant: Tenant) => `erasures/${tenant}/`;

/** Written before anything is erased, once. */
export async function recordErasure(
  artifacts: Pick<ArtifactStore, "create">,
  { tenant, id, subject, at }: ErasureRecord,
): Promise<void> {
  const bytes = Buffer.from(JSON.stringify({ subject, requestedAt: new Date(at).toISOString() }));
  try {
    await artifacts.create(`${folderOf(tenant)}${id}.json`, bytes);
  } catch (error) {
    if (!(error instanceof ArtifactError) || error.code !== "AlreadyExists") throw error;
  }
}

export interface EraseAgainOptions {
  readonly artifacts: Pick<ArtifactStore, "list" | "open">;
  readonly store: {
    readonly erasures: Pick<ErasureStore, "get" | "replay">;
    readonly tasks: Pick<TaskStore, "create">;
  };
  readonly tenant: Tenant;
  readonly now: Instant;
  readonly signal?: AbortSignal;
}

/**
 * Keeps a restored backup clean. Erasures that the database has forgotten are begun again under their own ids; what the
 * tombstones that it has still name goes at once. Answers how many erasures were begun, and how many rows went.
 */
export async function eraseAgain(options: EraseAgainOptions): Promise<{ begun: number; rows: number }> {
  const { artifacts, store, tenant, now, signal } = options;
  let begun = 0;
  for await (const { uri } of artifacts.list(folderOf(tenant), signal)) {
    const id = /([^/]+)\.json$/.exec(uri)?.[1];
    if (id === undefined || (await store.erasures.get(tenant, id))?.completedAt !== undefined) continue;
    const input = record.parse(
      JSON.parse(await text(await artifacts.open(uri, signal === undefined ? {} : { signal }))),
    );
    const task = await store.tasks.create({ id, tenant, kind: "erasure", input: { subject: input.subject } }, now);
    // Else it is one that is under way.
    if (task.createdAt === now) begun++;
  }
  return { begun, rows: await store.erasures.replay(now) };
}
