import { type PolicySet, policySet } from "../../api/learning/policies.ts";
import type { Context } from "./context.ts";
import type { PolicyStore } from "./port.ts";
import { json, number, text } from "./sql/columns.ts";

export function policyStore({ database }: Context): PolicyStore {
  return {
    async current() {
      const [row] = await database.query("SELECT body FROM policy_set");
      // Read again by the schema: what an older version stored gets the defaults of fields that came since.
      return row && policySet.parse(json(row, "body"));
    },
    async replace(set: PolicySet) {
      const body = canonical(set);
      const replaced = await database.query(
        `INSERT INTO policy_set (one, revision, body) VALUES (1, $1, $2)
         ON CONFLICT (one) DO UPDATE SET revision = excluded.revision, body = excluded.body
         WHERE policy_set.revision < excluded.revision RETURNING revision`,
        set.revision,
        body,
      );
      if (replaced.length > 0) return "replaced";
      const [row] = await database.query("SELECT revision, body FROM policy_set");
      if (row === undefined || number(row, "revision") > set.revision) return "stale";
      return text(row, "body") === body ? "unchanged" : "conflict";
    },
  };
}

/** The same text for the same set, whatever the order of its fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
