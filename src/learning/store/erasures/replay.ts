import type { Instant } from "../../model.ts";
import type { Context } from "../context.ts";
import { destroyKey, subjectHolder } from "../keyring.ts";
import { text } from "../sql/columns.ts";
import { removeInteractions } from "./remove.ts";

const BATCH = 500;

/**
 * What a restored backup brought back goes again: what lies under an id that is a tombstone, and what is of a person who
 * is one. Answers how many interactions went.
 */
export async function replay(context: Context, now: Instant): Promise<number> {
  const { database, keyring } = context;
  const people = await database.query(
    "SELECT tenant, value FROM tombstone WHERE kind = 'subject' ORDER BY tenant, value",
  );
  for (const row of people) {
    const holder = { tenant: text(row, "tenant"), holder: subjectHolder(text(row, "value")) };
    await database.transaction((session) => destroyKey(session, holder));
    keyring.forget(holder);
  }
  let all = 0;
  for (;;) {
    const gone = await step(context, now);
    all += gone;
    if (gone === 0) break;
  }
  await database.upkeep.wipe();
  return all;
}

async function step({ database }: Context, now: Instant): Promise<number> {
  return await database.transaction(async (session) => {
    // From the tombstones, of which there are few, along the indexes of the interactions. Deleting them locks them.
    const rows = await session.query(
      `SELECT i.tenant, i.id FROM tombstone t JOIN interaction i ON i.tenant = t.tenant AND i.id = t.value::uuid
       WHERE t.kind = 'interaction'
       UNION
       SELECT i.tenant, i.id FROM tombstone t JOIN interaction i ON i.tenant = t.tenant AND i.subject = t.value
       WHERE t.kind = 'subject'
       LIMIT ${BATCH}`,
    );
    await session.query(
      `INSERT INTO tombstone (tenant, kind, value, erased_at)
       SELECT i.tenant, 'interaction', i.id::text, $1::bigint FROM interaction i
       JOIN tombstone t ON t.tenant = i.tenant AND t.kind = 'subject' AND t.value = i.subject
       WHERE true ON CONFLICT DO NOTHING`,
      now,
    );
    return (await removeInteractions(session, database, rows)).interactions;
  });
}
