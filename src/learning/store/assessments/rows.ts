import type { Assessment, CurrentAssessment, InteractionKey } from "../../model.ts";
import { json, number, rowKey, text } from "../sql/columns.ts";
import { type Database, KEY_COLUMNS, keyParams, keyText, type Row, type Session } from "../sql/database.ts";

/** What column `said` holds: the score as it was given, to the last digit. */
export type Said = Omit<Assessment, "tenant" | "id">;

export function saidOf(assessment: Assessment): Said {
  const { feedbackSeq, assessorVersion, dimensions, overall, confidence, why, human, verdict } = assessment;
  return {
    feedbackSeq,
    assessorVersion,
    dimensions,
    overall,
    confidence,
    why,
    ...(human === true ? { human } : {}),
    ...(verdict === undefined ? {} : { verdict }),
  };
}

export function currentOf(row: Row): CurrentAssessment {
  return {
    tenant: text(row, "tenant"),
    id: text(row, "id"),
    ...json<Said>(row, "said"),
    assessedAt: number(row, "assessed_at"),
  };
}

/** Current scores by `keyText`. */
export async function scoresOf(
  database: Database,
  keys: readonly InteractionKey[],
  session: Session = database,
): Promise<ReadonlyMap<string, CurrentAssessment>> {
  const rows = await scoreRows(database, keys, session);
  return new Map([...rows].map(([key, row]) => [key, currentOf(row)]));
}

export async function scoreRows(
  { dialect }: Database,
  keys: readonly InteractionKey[],
  session: Session,
): Promise<ReadonlyMap<string, Row>> {
  if (keys.length === 0) return new Map();
  const rows = await session.query(
    `SELECT s.tenant, s.id, s.ordinal, s.assessed_at, s.said, s.contribution FROM score s
     JOIN ${dialect.records(1, KEY_COLUMNS)} k ON k.tenant = s.tenant AND k.id = s.id
     WHERE ${dialect.within("s", 2)}`,
    ...keyParams(keys),
  );
  return new Map(rows.map((row) => [keyText(rowKey(row)), row]));
}
