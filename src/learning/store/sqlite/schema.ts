import { firstTables } from "../schema/tables.ts";

/** Statements of each version, from 1 on. What was released is never changed: a new version is added. */
export const SQLITE_VERSIONS: readonly (readonly string[])[] = [
  firstTables({
    text: "TEXT",
    uuid: "TEXT",
    int: "INTEGER",
    float: "REAL",
    bytes: "BLOB",
    json: "TEXT",
    byDay: "STRICT",
    table: "STRICT",
  }),
];
