import type { PolicySet } from "../../api/learning/policies.ts";
import type { Instant } from "../model.ts";
import type { Context } from "./context.ts";
import { removeInteractions } from "./erasures/remove.ts";
import { lowestId, WINDOW_BEFORE } from "./event-id.ts";
import { policyStore } from "./policies.ts";

const DAY = 86_400_000;
const BATCH = 500;
const ROLLUP_DAYS = 400;
const TASK_DAYS = 30;

/** Partitions ahead, then all that has been kept long enough. Safe in several processes at once, and to stop half-way. */
export async function maintain(context: Context, now: Instant): Promise<void> {
  const { database } = context;
  await database.upkeep.prepare(now);
  const set = await policyStore(context).current();
  if (set !== undefined) await expire(context, set, now);
  await database.query("DELETE FROM quality_rollup WHERE hour < $1", now - ROLLUP_DAYS * DAY);
  await database.query(
    "DELETE FROM task WHERE state IN ('succeeded', 'failed') AND ended_at < $1",
    now - TASK_DAYS * DAY,
  );
}

/** What is of no policy any more is kept as long as the longest of those in force. Without a policy nothing goes. */
async function expire(context: Context, { policies }: PolicySet, now: Instant): Promise<void> {
  const longest = Math.max(0, ...policies.map(({ privacy }) => privacy.retentionDays));
  if (longest === 0) return;
  // Days that events may still come for stay, whatever they hold.
  await context.database.upkeep.dropBefore(Math.min(now - longest * DAY, now - WINDOW_BEFORE - DAY));
  await expireBefore(context, now - longest * DAY);
  for (const { namespace, name, privacy } of policies)
    if (privacy.retentionDays < longest)
      await expireBefore(context, now - privacy.retentionDays * DAY, `${namespace}/${name}`);
}

/** In batches, oldest first, until none is left; of one policy or of all. */
async function expireBefore({ database }: Context, time: Instant, policy?: string): Promise<void> {
  for (let gone = BATCH; gone === BATCH; )
    gone = await database.transaction(async (session) => {
      const rows = await session.query(
        `SELECT tenant, id FROM interaction WHERE id < $1 ${policy === undefined ? "" : "AND policy = $2"}
         ORDER BY id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
        lowestId(time),
        ...(policy === undefined ? [] : [policy]),
      );
      return (await removeInteractions(session, database, rows)).interactions;
    });
}
