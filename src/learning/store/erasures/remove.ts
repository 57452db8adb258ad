import type { InteractionKey } from "../../model.ts";
import { rowKey } from "../sql/columns.ts";
import { type Database, inLockOrder, KEY_COLUMNS, keyParams, type Row, type Session } from "../sql/database.ts";

/** Everything that hangs on an interaction, but for its membership in datasets: these still hold it. */
const BY_DAY = ["assessment", "score"] as const;
const OTHERS = ["feedback", "work", "review"] as const;

export interface Removed {
  readonly interactions: number;
  readonly feedback: number;
}

/** The rows must be locked: a score or feedback on its way waits for this, and finds nothing to be added to. */
export async function removeInteractions(
  session: Session,
  { dialect }: Database,
  rows: readonly Row[],
): Promise<Removed> {
  if (rows.length === 0) return { interactions: 0, feedback: 0 };
  const keys: readonly InteractionKey[] = inLockOrder(rows.map(rowKey));
  const params = keyParams(keys);
  const named = `(tenant, id) IN (SELECT tenant, id FROM ${dialect.records(1, KEY_COLUMNS)} k)`;
  const gone = await session.query(
    `DELETE FROM interaction WHERE ${named} AND ${dialect.within("interaction", 2)} RETURNING id`,
    ...params,
  );
  let feedback = 0;
  for (const table of BY_DAY)
    await session.query(`DELETE FROM ${table} WHERE ${named} AND ${dialect.within(table, 2)}`, ...params);
  for (const table of OTHERS) {
    const removed = await session.query(`DELETE FROM ${table} WHERE ${named} RETURNING id`, params[0]);
    if (table === "feedback") feedback = removed.length;
  }
  return { interactions: gone.length, feedback };
}
