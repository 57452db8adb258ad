export { InvalidCursor, SchemaMismatch, StoreInUse, StoreUnavailable } from "./errors.ts";
export { openStore, type StoreConfig } from "./open.ts";
export type * from "./port.ts";
export { ROLES } from "./port.ts";
export { type MigrateOptions, migratePostgres } from "./postgres/migrate.ts";
export { openPostgres, type PostgresOptions } from "./postgres/open.ts";
export { openSqlite, type SqliteOptions } from "./sqlite/open.ts";
