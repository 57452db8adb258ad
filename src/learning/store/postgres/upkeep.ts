import { lowestId } from "../event-id.ts";
import type { Param, Row, Upkeep } from "../sql/database.ts";

const DAY = 86_400_000;
const DAYS_BEFORE = 8;
const DAYS_AHEAD = 14;
const BATCH = 5000;
/** What hangs on an interaction and is not kept by day. */
const FOLLOWERS = ["feedback", "work", "review"] as const;

type Query = (sql: string, params: readonly Param[]) => Promise<readonly Row[]>;

export const MAKE_PARTITIONS = `SELECT qi_make_partitions($1::bigint, ${DAYS_BEFORE}, ${DAYS_AHEAD})`;

export function postgresUpkeep(use: <T>(work: (query: Query) => Promise<T>) => Promise<T>): Upkeep {
  return {
    prepare: (now) => use(async (query) => void (await query(MAKE_PARTITIONS, [now]))),

    async dropBefore(time) {
      await use((query) => query("SELECT qi_drop_partitions($1::bigint)", [time]));
      const lowest = lowestId(Math.floor(time / DAY) * DAY);
      for (const table of FOLLOWERS)
        for (let gone = BATCH; gone === BATCH; )
          gone = await use(async (query) => {
            const rows = await query(
              `DELETE FROM ${table} WHERE (tenant, id) IN (SELECT tenant, id FROM ${table} WHERE id < $1 LIMIT ${BATCH})
               RETURNING 1 AS gone`,
              [lowest],
            );
            return Math.min(rows.length, BATCH);
          });
    },

    // What dead rows and the log still hold was sealed with a key that is gone.
    wipe: async () => undefined,
  };
}
