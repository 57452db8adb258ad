import type { Assessment, Instant, InteractionKey } from "../../model.ts";
import { json, number, rowKey } from "../sql/columns.ts";
import {
  type Database,
  inLockOrder,
  KEY_COLUMNS,
  keyParams,
  keyText,
  type Row,
  type Session,
} from "../sql/database.ts";
import { type Contribution, RollupDeltas } from "./contribution.ts";
import { type Said, saidOf } from "./rows.ts";

const ROW = {
  ...KEY_COLUMNS,
  ordinal: "int",
  assessed_at: "int",
  overall: "float",
  policy: "text",
  verdict: "text",
  said: "text",
  contribution: "text",
} as const;
const DELTA = {
  tenant: "text",
  policy: "text",
  hour: "int",
  facet: "text",
  dimension: "text",
  bin: "int",
  n: "int",
  total: "int",
  accepted: "int",
} as const;

/** A score that takes the place of `former`. */
export interface Becoming {
  readonly assessment: Assessment;
  readonly contribution: Contribution;
  readonly verdict: "include" | "exclude" | undefined;
  /** The row of `score` that was read under the lock of its interaction. */
  readonly former: Row | undefined;
}

export function formerSaid(row: Row | undefined): Said | undefined {
  return row && json<Said>(row, "said");
}

/** Stores what becomes current, leaves what was as history, and moves the rollups by the difference. */
export async function become(
  session: Session,
  { dialect }: Database,
  batch: readonly Becoming[],
  now: Instant,
): Promise<void> {
  if (batch.length === 0) return;
  const deltas = new RollupDeltas();
  const rows = batch.map(({ assessment, contribution, verdict, former }) => {
    const { tenant, id, overall } = assessment;
    if (former !== undefined) deltas.add(tenant, json<Contribution>(former, "contribution"), -1);
    deltas.add(tenant, contribution, 1);
    return {
      tenant,
      id,
      ordinal: former === undefined ? 1 : number(former, "ordinal") + 1,
      // A clock that was set back must not reorder history.
      assessed_at: former === undefined ? now : Math.max(now, number(former, "assessed_at")),
      overall,
      policy: contribution.policy,
      verdict: verdict ?? null,
      said: JSON.stringify(saidOf(assessment)),
      contribution: JSON.stringify(contribution),
    };
  });
  const records = JSON.stringify(inLockOrder(rows));
  await session.query(
    `INSERT INTO assessment (tenant, id, ordinal, assessed_at, policy, overall, verdict, said)
     SELECT tenant, id, ordinal, assessed_at, policy, overall, verdict, said FROM ${dialect.records(1, ROW)} n`,
    records,
  );
  await session.query(
    `INSERT INTO score (tenant, id, ordinal, assessed_at, overall, said, contribution)
     SELECT tenant, id, ordinal, assessed_at, overall, said, contribution FROM ${dialect.records(1, ROW)} n WHERE true
     ON CONFLICT (tenant, id) DO UPDATE SET ordinal = excluded.ordinal, assessed_at = excluded.assessed_at,
       overall = excluded.overall, said = excluded.said, contribution = excluded.contribution`,
    records,
  );
  await session.query(
    `INSERT INTO quality_rollup (tenant, policy, hour, facet, dimension, bin, n, total, accepted)
     SELECT tenant, policy, hour, facet, dimension, bin, n, total, accepted FROM ${dialect.records(1, DELTA)} d WHERE true
     ON CONFLICT (tenant, policy, hour, facet, dimension, bin) DO UPDATE SET n = quality_rollup.n + excluded.n,
       total = quality_rollup.total + excluded.total, accepted = quality_rollup.accepted + excluded.accepted`,
    JSON.stringify(deltas.changes()),
  );
}

/** Holds the interactions until the end of the transaction, and says which of them are there. */
export async function lockInteractions(
  session: Session,
  { dialect }: Database,
  keys: readonly InteractionKey[],
): Promise<ReadonlyMap<string, Row>> {
  const rows = await session.query(
    `SELECT i.tenant, i.id, i.feedback_seq FROM interaction i
     JOIN ${dialect.records(1, KEY_COLUMNS)} k ON k.tenant = i.tenant AND k.id = i.id
     WHERE ${dialect.within("i", 2)} ORDER BY i.id, i.tenant FOR NO KEY UPDATE OF i`,
    ...keyParams(keys),
  );
  return new Map(rows.map((row) => [keyText(rowKey(row)), row]));
}

/** Done, unless newer feedback came than the score knows of. None can come now: the interactions are held. */
export async function removeWork(
  session: Session,
  { dialect }: Database,
  scored: readonly Assessment[],
): Promise<void> {
  await session.query(
    `DELETE FROM work WHERE (tenant, id) IN (
       SELECT w.tenant, w.id FROM ${dialect.records(1, { ...KEY_COLUMNS, feedback_seq: "int" })} k
       JOIN work w ON w.tenant = k.tenant AND w.id = k.id AND w.feedback_seq <= k.feedback_seq)`,
    JSON.stringify(scored.map(({ tenant, id, feedbackSeq }) => ({ tenant, id, feedback_seq: feedbackSeq }))),
  );
}
