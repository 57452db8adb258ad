import { Client, escapeIdentifier } from "pg";
import type { Log } from "../../../kube/log.ts";
import type { Instant } from "../../model.ts";
import { SchemaMismatch } from "../errors.ts";
import { patiently } from "./connection.ts";
import { failureOf } from "./failure.ts";
import { POSTGRES_VERSIONS, TABLES } from "./schema.ts";
import { MAKE_PARTITIONS } from "./upkeep.ts";

export interface MigrateOptions {
  /** Of the role that owns the tables. */
  readonly url: string;
  /** An existing role that serves requests: it is granted rows and two functions, nothing else. */
  readonly appRole?: string | undefined;
  readonly clock?: () => Instant;
  readonly log?: Log | undefined;
}

export const KNOWN_VERSION = POSTGRES_VERSIONS.length;
const CONNECT_MS = 5000;

/**
 * Brings the tables to this program's version, in one transaction under one lock: any number may start at once, and what
 * was interrupted left nothing. Throws SchemaMismatch when they are of a newer one, StoreUnavailable without a server.
 */
export async function migratePostgres({ url, appRole, clock = Date.now, log }: MigrateOptions): Promise<void> {
  const patience = { clock, random: Math.random, statementMs: 30_000 };
  const applied = await patiently(patience, undefined, async () => {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS, keepAlive: true });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return await migrate(client, appRole, clock());
    } catch (error) {
      throw error instanceof SchemaMismatch ? error : failureOf(error);
    } finally {
      await client.end().catch(() => undefined);
    }
  });
  if (applied.length > 0) log?.info({ versions: applied }, "brought the database's tables up to date");
}

async function migrate(client: Client, appRole: string | undefined, now: Instant): Promise<number[]> {
  await client.query("BEGIN");
  await client.query("SELECT pg_advisory_xact_lock(7233142, 1)");
  await client.query(
    "CREATE TABLE IF NOT EXISTS schema_version (version int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())",
  );
  const version = await versionOf(client);
  if (version > KNOWN_VERSION) throw newer(version);
  const applied: number[] = [];
  for (const [index, statements] of POSTGRES_VERSIONS.entries()) {
    if (index < version) continue;
    for (const statement of statements) await client.query(statement);
    await client.query("INSERT INTO schema_version (version) VALUES ($1)", [index + 1]);
    applied.push(index + 1);
  }
  await client.query(MAKE_PARTITIONS, [now]);
  if (appRole !== undefined) await grant(client, escapeIdentifier(appRole));
  await client.query("COMMIT");
  return applied;
}

async function versionOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ version: number }>(
    "SELECT coalesce(max(version), 0) AS version FROM schema_version",
  );
  return rows[0]?.version ?? 0;
}

async function grant(client: Client, role: string): Promise<void> {
  await client.query(
    `DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO ${role.replaceAll("'", "''")}', current_schema()); END $$`,
  );
  await client.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${TABLES.join(", ")} TO ${role}`);
  await client.query(`GRANT SELECT ON schema_version TO ${role}`);
  await client.query(
    `GRANT EXECUTE ON FUNCTION qi_make_partitions(bigint, int, int), qi_drop_partitions(bigint) TO ${role}`,
  );
}

export function newer(version: number): SchemaMismatch {
  return new SchemaMismatch(
    `the database's tables are of version ${version}, and this program knows ${KNOWN_VERSION}: start a newer program`,
  );
}
