import type { Context } from "./context.ts";
import type { ThresholdChange, ThresholdStore } from "./port.ts";
import { number, plain, text } from "./sql/columns.ts";
import type { Row } from "./sql/database.ts";

export function thresholdStore({ database }: Context): ThresholdStore {
  const history = async (tenant: string, policy: string, limit: number): Promise<readonly ThresholdChange[]> => {
    const rows = await database.query(
      "SELECT * FROM threshold_change WHERE tenant = $1 AND policy = $2 ORDER BY ordinal DESC LIMIT $3",
      tenant,
      policy,
      limit,
    );
    return rows.map(changeOf);
  };
  return {
    history,
    current: async (tenant, policy) => (await history(tenant, policy, 1))[0],
    async change({ tenant, policy, from, to, reason, at }, expectedAt) {
      // Two at once make the same ordinal, and one of them nothing.
      const stored = await database.query(
        `INSERT INTO threshold_change (tenant, policy, ordinal, changed_at, from_value, to_value, reason)
         SELECT $1::text, $2::text, coalesce(max(ordinal), 0) + 1, $3::bigint, $4::double precision, $5::double precision, $6::text
         FROM threshold_change newest WHERE tenant = $1 AND policy = $2
         HAVING (SELECT changed_at FROM threshold_change
                 WHERE tenant = $1 AND policy = $2 ORDER BY ordinal DESC LIMIT 1) IS NOT DISTINCT FROM $7::bigint
         ON CONFLICT DO NOTHING RETURNING ordinal`,
        tenant,
        policy,
        at,
        from,
        to,
        plain(reason),
        expectedAt ?? null,
      );
      if (stored.length > 0) return true;
      const [newest] = await history(tenant, policy, 1);
      return newest?.at === at && newest.from === from && newest.to === to && newest.reason === plain(reason);
    },
  };
}

function changeOf(row: Row): ThresholdChange {
  return {
    tenant: text(row, "tenant"),
    policy: text(row, "policy"),
    from: number(row, "from_value"),
    to: number(row, "to_value"),
    reason: text(row, "reason"),
    at: number(row, "changed_at"),
  };
}
