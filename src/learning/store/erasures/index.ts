import type { Instant, KeyedHash, Tenant } from "../../model.ts";
import type { Context } from "../context.ts";
import { destroyKey, subjectHolder } from "../keyring.ts";
import type { ErasureReceipt, ErasureStore } from "../port.ts";
import { json, number, optionalNumber, rowKey, text } from "../sql/columns.ts";
import { KEY_COLUMNS, type Row } from "../sql/database.ts";
import { removeInteractions } from "./remove.ts";
import { replay } from "./replay.ts";

const BATCH = 500;

interface Person {
  readonly tenant: Tenant;
  readonly subject: KeyedHash;
}

export function erasureStore(context: Context): ErasureStore {
  const { database } = context;
  const get = async (tenant: Tenant, id: string): Promise<ErasureReceipt | undefined> => {
    const [row] = await database.query("SELECT * FROM erasure WHERE tenant = $1 AND id = $2", tenant, id);
    return row && withLaterModels(context, tenant, receiptOf(row));
  };
  return {
    get,
    async erase({ id, tenant, subject }, now) {
      const before = await get(tenant, id);
      if (before?.completedAt === undefined) {
        await begin(context, id, { tenant, subject }, now);
        while ((await step(context, id, { tenant, subject }, now)) > 0);
        await finish(context, id, { tenant, subject }, now);
      }
      // Also the second time: the first may have died before it.
      await database.upkeep.wipe();
      const receipt = await get(tenant, id);
      if (receipt === undefined) throw new Error(`erasure ${id} has no receipt`);
      return receipt;
    },
    replay: (now) => replay(context, now),
  };
}

/** From here on nothing of this person can be written or read: the key is gone, the person a tombstone. */
async function begin(
  { database, keyring }: Context,
  id: string,
  { tenant, subject }: Person,
  now: Instant,
): Promise<void> {
  await database.transaction(async (session) => {
    await session.query(
      "INSERT INTO erasure (tenant, id, requested_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
      tenant,
      id,
      now,
    );
    await session.query(
      `INSERT INTO tombstone (tenant, kind, value, erased_at) VALUES ($1, 'subject', $2, $3) ON CONFLICT DO NOTHING`,
      tenant,
      subject,
      now,
    );
    await destroyKey(session, { tenant, holder: subjectHolder(subject) });
  });
  keyring.forget({ tenant, holder: subjectHolder(subject) });
}

/** Answers how many interactions it removed. Their ids become tombstones, so that a restored backup is known by them. */
async function step({ database }: Context, id: string, { tenant, subject }: Person, now: Instant): Promise<number> {
  return await database.transaction(async (session) => {
    const rows = await session.query(
      `SELECT tenant, id FROM interaction WHERE tenant = $1 AND subject = $2 ORDER BY id LIMIT ${BATCH} FOR UPDATE`,
      tenant,
      subject,
    );
    if (rows.length === 0) return 0;
    await session.query(
      `INSERT INTO tombstone (tenant, kind, value, erased_at)
       SELECT k.tenant, 'interaction', k.id::text, $2::bigint FROM ${database.dialect.records(1, KEY_COLUMNS)} k WHERE true
       ON CONFLICT DO NOTHING`,
      JSON.stringify(rows.map(rowKey)),
      now,
    );
    const removed = await removeInteractions(session, database, rows);
    await session.query(
      "UPDATE erasure SET interactions = interactions + $3, feedback = feedback + $4 WHERE tenant = $1 AND id = $2",
      tenant,
      id,
      removed.interactions,
      removed.feedback,
    );
    return removed.interactions;
  });
}

/** Names what the person's interactions went into, and forgets that it was this person. */
async function finish({ database }: Context, id: string, { tenant, subject }: Person, now: Instant): Promise<void> {
  await database.transaction(async (session) => {
    const datasets = await session.query(
      "SELECT DISTINCT dataset FROM dataset_member WHERE tenant = $1 AND subject = $2 ORDER BY dataset",
      tenant,
      subject,
    );
    const models = await session.query(
      `SELECT DISTINCT model_version FROM model_lineage WHERE tenant = $1 AND dataset IN (
         SELECT dataset FROM dataset_member WHERE tenant = $1 AND subject = $2) ORDER BY model_version`,
      tenant,
      subject,
    );
    await session.query(
      `UPDATE dataset SET erased_at = coalesce(erased_at, $3::bigint) WHERE tenant = $1 AND sha256 IN (
         SELECT dataset FROM dataset_member WHERE tenant = $1 AND subject = $2)`,
      tenant,
      subject,
      now,
    );
    await session.query("UPDATE dataset_member SET subject = NULL WHERE tenant = $1 AND subject = $2", tenant, subject);
    await session.query(
      "UPDATE erasure SET completed_at = $3, datasets = $4, model_versions = $5 WHERE tenant = $1 AND id = $2",
      tenant,
      id,
      now,
      JSON.stringify(datasets.map((row) => text(row, "dataset"))),
      JSON.stringify(models.map((row) => text(row, "model_version"))),
    );
  });
}

/** A model may be told of when its dataset was erased already: it was being trained meanwhile. */
async function withLaterModels(
  { database }: Context,
  tenant: Tenant,
  receipt: ErasureReceipt,
): Promise<ErasureReceipt> {
  if (receipt.datasets.length === 0) return receipt;
  const rows = await database.query(
    `SELECT DISTINCT l.model_version FROM ${database.dialect.records(2, { dataset: "text" })} k
     JOIN model_lineage l ON l.tenant = $1 AND l.dataset = k.dataset`,
    tenant,
    JSON.stringify(receipt.datasets.map((dataset) => ({ dataset }))),
  );
  const modelVersions = new Set([...receipt.modelVersions, ...rows.map((row) => text(row, "model_version"))]);
  return { ...receipt, modelVersions: [...modelVersions].sort() };
}

function receiptOf(row: Row): ErasureReceipt {
  return {
    id: text(row, "id"),
    requestedAt: number(row, "requested_at"),
    completedAt: optionalNumber(row, "completed_at"),
    interactions: number(row, "interactions"),
    feedback: number(row, "feedback"),
    datasets: json(row, "datasets"),
    modelVersions: json(row, "model_versions"),
  };
}
