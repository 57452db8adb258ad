import type { Log } from "../../../kube/log.ts";
import type { Instant } from "../../model.ts";
import { SchemaMismatch } from "../errors.ts";
import { Keyring } from "../keyring.ts";
import type { Store } from "../port.ts";
import { number } from "../sql/columns.ts";
import type { Database } from "../sql/database.ts";
import { storeOver } from "../store.ts";
import { connectPostgres } from "./connection.ts";
import { PostgresFailure } from "./failure.ts";
import { KNOWN_VERSION, newer } from "./migrate.ts";

export interface PostgresOptions {
  /** Of a role that may change rows; tables are made by `migratePostgres`. */
  readonly url: string;
  /** At least 32 bytes; wraps the keys of what is stored. Without it nothing can be read. */
  readonly secret: Uint8Array;
  readonly connections?: number;
  /** Longest time for one statement, 15 s unless told. */
  readonly statementMs?: number;
  readonly clock?: () => Instant;
  readonly log?: Log | undefined;
}

/** Throws SchemaMismatch where the tables are not this program's, StoreUnavailable without a server. */
export async function openPostgres(options: PostgresOptions): Promise<Store> {
  const { clock = Date.now } = options;
  const keyring = new Keyring(options.secret, clock);
  return storeOver({ database: await openDatabase(options), keyring, clock });
}

export async function openDatabase(options: PostgresOptions): Promise<Database> {
  const { url, connections = 10, statementMs = 15_000, clock = Date.now, log } = options;
  const database = connectPostgres({ url, connections, statementMs, clock, random: Math.random, log });
  try {
    const version = await versionOf(database);
    if (version > KNOWN_VERSION) throw newer(version);
    if (version < KNOWN_VERSION)
      throw new SchemaMismatch(
        `the database's tables are of version ${version}, and this program needs ${KNOWN_VERSION}: migrate it first`,
      );
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

const UNDEFINED_TABLE = "42P01";

async function versionOf(database: Database): Promise<number> {
  try {
    const [row] = await database.query("SELECT coalesce(max(version), 0) AS version FROM schema_version");
    return row === undefined ? 0 : number(row, "version");
  } catch (error) {
    if (error instanceof PostgresFailure && error.code === UNDEFINED_TABLE) return 0;
    throw error;
  }
}
