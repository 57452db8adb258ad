import type { EventId } from "../../model.ts";
import { currentOf } from "../assessments/rows.ts";
import type { Context } from "../context.ts";
import { lowestId } from "../event-id.ts";
import { opened } from "../interactions/load.ts";
import { columnsOf } from "../interactions/rows.ts";
import type { DatasetCandidates, LoadedInteraction } from "../port.ts";
import { number, optionalText, text } from "../sql/columns.ts";
import { KEY_COLUMNS, keyParams, type Row } from "../sql/database.ts";

const SCANNED = 2000;
const LOADED = 250;

/**
 * Goes along the history of scores, which is narrow and lies in the order of ids, and loads what it finds worth it. Two
 * plain walks along an index: a join of the two, over days that were not analysed yet, is planned badly.
 */
export async function* candidates(
  context: Context,
  query: DatasetCandidates,
): AsyncGenerator<readonly LoadedInteraction[]> {
  let reading: Promise<readonly Row[]> | undefined;
  for await (const chosen of chosenBatches(context, query)) {
    const rows = reading;
    // Read while the caller works on the one before. Whoever stops early must not leave a failure that nobody hears.
    reading = read(context, query, chosen);
    reading.catch(() => undefined);
    if (rows !== undefined) yield await whole(context, query, await rows);
  }
  if (reading !== undefined) yield await whole(context, query, await reading);
}

interface Chosen {
  readonly id: EventId;
  readonly ordinal: number;
}

/** What a person decided holds against any threshold. */
function worthIt(row: Row, minOverall: number): boolean {
  const verdict = optionalText(row, "verdict");
  return verdict === undefined ? number(row, "overall") >= minOverall : verdict === "include";
}

async function* chosenBatches({ database }: Context, query: DatasetCandidates): AsyncGenerator<readonly Chosen[]> {
  let chosen: Chosen[] = [];
  /** The last score of an interaction made by then was the current one; whether another follows shows in the next row. */
  let newest: Row | undefined;
  let [id, ordinal] = [query.from === undefined ? lowestId(0) : lowestId(query.from), 0];
  const settle = () => {
    if (newest !== undefined && worthIt(newest, query.minOverall))
      chosen.push({ id: text(newest, "id"), ordinal: number(newest, "ordinal") });
  };
  for (let full = true; full; ) {
    const rows = await database.query(
      `SELECT id, ordinal, overall, verdict FROM assessment
       WHERE tenant = $1 AND id >= $3 AND (id, ordinal) > ($3, $4) AND policy = $2 AND assessed_at <= $5
       ORDER BY id, ordinal LIMIT ${SCANNED}`,
      query.tenant,
      query.policy,
      id,
      ordinal,
      query.asOf,
    );
    full = rows.length === SCANNED;
    for (const row of rows) {
      if (newest !== undefined && text(newest, "id") !== text(row, "id")) settle();
      newest = row;
      if (chosen.length === LOADED) {
        yield chosen;
        chosen = [];
      }
    }
    if (newest !== undefined) [id, ordinal] = [text(newest, "id"), number(newest, "ordinal")];
  }
  settle();
  if (chosen.length > 0) yield chosen;
}

function read({ database: { dialect, query: ask } }: Context, query: DatasetCandidates, chosen: readonly Chosen[]) {
  const { tenant } = query;
  const [, tenants, ids] = keyParams(chosen.map(({ id }) => ({ tenant, id })));
  return ask(
    `SELECT ${columnsOf("i")}, a.said, a.assessed_at
     FROM ${dialect.records(1, { ...KEY_COLUMNS, ordinal: "int" })} k
     JOIN interaction i ON i.tenant = k.tenant AND i.id = k.id
     JOIN assessment a ON a.tenant = k.tenant AND a.id = k.id AND a.ordinal = k.ordinal
     WHERE ${dialect.within("i", 2)} AND ${dialect.within("a", 2)} AND i.received_at <= $4 AND i.policy = $5
     ORDER BY i.id`,
    JSON.stringify(chosen.map(({ id, ordinal }) => ({ tenant, id, ordinal }))),
    tenants,
    ids,
    query.asOf,
    query.policy,
  );
}

function whole(context: Context, { asOf }: DatasetCandidates, rows: readonly Row[]) {
  return opened(context, rows, { at: asOf, scoreOf: currentOf });
}
