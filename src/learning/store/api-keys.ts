import type { Context } from "./context.ts";
import { type ApiKey, type KeyStore, ROLES, type Role } from "./port.ts";
import { json, number, optionalNumber, plain, text } from "./sql/columns.ts";
import type { Row } from "./sql/database.ts";

export function apiKeyStore({ database }: Context): KeyStore {
  return {
    async add(key) {
      await database.query(
        `INSERT INTO api_key (id, tenant, name, roles, hash, created_at, revoked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`,
        key.id,
        key.tenant,
        plain(key.name),
        JSON.stringify(key.roles),
        key.hash,
        key.createdAt,
        key.revokedAt ?? null,
      );
      const [stored] = await database.query("SELECT tenant, hash FROM api_key WHERE id = $1", key.id);
      if (stored?.hash !== key.hash || stored.tenant !== key.tenant)
        throw new Error(`there is another API key with id ${key.id}`);
    },
    async find(id) {
      const [row] = await database.query("SELECT * FROM api_key WHERE id = $1", id);
      return row && keyOf(row);
    },
    async revoke(tenant, id, now) {
      const rows = await database.query(
        "UPDATE api_key SET revoked_at = coalesce(revoked_at, $3::bigint) WHERE tenant = $1 AND id = $2 RETURNING id",
        tenant,
        id,
        now,
      );
      return rows.length > 0;
    },
    async list(tenant) {
      const rows = await database.query("SELECT * FROM api_key WHERE tenant = $1 ORDER BY created_at, id", tenant);
      return rows.map(keyOf);
    },
  };
}

function keyOf(row: Row): ApiKey {
  const known = new Set<string>(ROLES);
  return {
    id: text(row, "id"),
    tenant: text(row, "tenant"),
    name: text(row, "name"),
    roles: json<Role[]>(row, "roles").filter((role) => known.has(role)),
    hash: text(row, "hash"),
    createdAt: number(row, "created_at"),
    revokedAt: optionalNumber(row, "revoked_at"),
  };
}
