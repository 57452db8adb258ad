import type { Context } from "../context.ts";
import type { DatasetMember, DatasetRecord } from "../port.ts";
import { number } from "../sql/columns.ts";

const MEMBER = { id: "uuid", split: "text" } as const;

/** Seen only once all members are in. Adding the same again goes on where it stopped. */
export async function add(
  { database }: Context,
  record: Omit<DatasetRecord, "erasedAt">,
  members: AsyncIterable<readonly DatasetMember[]>,
): Promise<void> {
  const { tenant, sha256 } = record;
  await database.query(
    `INSERT INTO dataset (tenant, sha256, policy, uri, manifest, created_at, complete)
     VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT DO NOTHING`,
    tenant,
    sha256,
    record.policy,
    record.uri,
    JSON.stringify(record.manifest ?? null),
    record.createdAt,
  );
  const [stored] = await database.query(
    "SELECT complete FROM dataset WHERE tenant = $1 AND sha256 = $2",
    tenant,
    sha256,
  );
  if (stored !== undefined && number(stored, "complete") === 1) return;
  for await (const batch of members)
    await database.query(
      `INSERT INTO dataset_member (tenant, dataset, id, split, subject)
       SELECT $2::text, $3::text, m.id, m.split,
         (SELECT i.subject FROM interaction i WHERE i.tenant = $2::text AND i.id = m.id)
       FROM ${database.dialect.records(1, MEMBER)} m WHERE true ON CONFLICT DO NOTHING`,
      JSON.stringify(batch.map(({ id, split }) => ({ id, split }))),
      tenant,
      sha256,
    );
  // Whom an erasure took out while it was built is not known by name any more, but by the id's tombstone.
  await database.query(
    `UPDATE dataset SET complete = 1, erased_at = CASE WHEN EXISTS (
         SELECT 1 FROM dataset_member m
         JOIN tombstone t ON t.tenant = m.tenant AND t.kind = 'interaction' AND t.value = m.id::text
         WHERE m.tenant = dataset.tenant AND m.dataset = dataset.sha256)
       THEN coalesce(erased_at, created_at) ELSE erased_at END
     WHERE tenant = $1 AND sha256 = $2`,
    tenant,
    sha256,
  );
}
