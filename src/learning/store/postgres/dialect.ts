import type { ColumnType, Dialect } from "../sql/database.ts";

const TYPES: Readonly<Record<ColumnType, string>> = {
  text: "text",
  uuid: "uuid",
  int: "bigint",
  float: "double precision",
  bytes: "text",
  json: "jsonb",
};

export const postgresDialect: Dialect = {
  records(n, columns) {
    const entries = Object.entries(columns);
    const selected = entries.map(([name, type]) => (type === "bytes" ? `decode(${name}, 'hex') AS ${name}` : name));
    const typed = entries.map(([name, type]) => `${name} ${TYPES[type]}`);
    return `(SELECT ${selected.join(", ")} FROM json_to_recordset($${n}::json) AS given(${typed.join(", ")}))`;
  },
  within: (table, n) => `${table}.tenant = ANY ($${n}::text[]) AND ${table}.id = ANY ($${n + 1}::uuid[])`,
  hasLabels: (labels, n) => `${labels} @> $${n}::jsonb`,
};
