export { InvalidCursor, SchemaMismatch, StoreInUse, StoreUnavailable } from "./errors.ts";
export type * from "./port.ts";
export { ROLES } from "./port.ts";
export { openSqlite, type SqliteOptions } from "./sqlite/open.ts";
