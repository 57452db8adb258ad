import { currentOf } from "../assessments/rows.ts";
import type { Context } from "../context.ts";
import { lowestId } from "../event-id.ts";
import { opened } from "../interactions/load.ts";
import { columnsOf } from "../interactions/rows.ts";
import type { DatasetCandidates, LoadedInteraction } from "../port.ts";
import { text } from "../sql/columns.ts";
import type { Row } from "../sql/database.ts";

const BATCH = 500;

/** The next page is read while this one is worked on. */
export async function* candidates(
  context: Context,
  query: DatasetCandidates,
): AsyncGenerator<readonly LoadedInteraction[]> {
  let reading = page(context, query, query.from === undefined ? lowestId(0) : lowestId(query.from));
  for (;;) {
    const rows = await reading;
    const last = rows.at(-1);
    if (last === undefined) return;
    reading = page(context, query, text(last, "id"));
    // Whoever stops early must not leave a failure that nobody hears.
    reading.catch(() => undefined);
    const batch = await opened(context, rows, { at: query.asOf, scoreOf: currentOf });
    if (batch.length > 0) yield batch;
  }
}

/** The score that was current then is the last one made by then. What a person decided holds against any threshold. */
function page({ database }: Context, query: DatasetCandidates, after: string): Promise<readonly Row[]> {
  return database.query(
    `SELECT ${columnsOf("i")}, a.said, a.assessed_at FROM interaction i
     JOIN assessment a ON a.tenant = i.tenant AND a.id = i.id
     WHERE i.tenant = $1 AND i.policy = $2 AND i.id > $3 AND a.id > $3
       AND i.received_at <= $4 AND a.assessed_at <= $4
       AND (a.verdict = 'include' OR (a.verdict IS NULL AND a.overall >= $5))
       AND NOT EXISTS (
         SELECT 1 FROM assessment later
         WHERE later.tenant = a.tenant AND later.id = a.id AND later.id > $3
           AND later.ordinal > a.ordinal AND later.assessed_at <= $4)
     ORDER BY i.id LIMIT ${BATCH}`,
    query.tenant,
    query.policy,
    after,
    query.asOf,
    query.minOverall,
  );
}
