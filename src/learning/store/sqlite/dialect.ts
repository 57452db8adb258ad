import type { ColumnType, Dialect } from "../sql/database.ts";

const column = ([name, type]: [string, ColumnType]): string => {
  const value = `value->>'${name}'`;
  return `${type === "bytes" ? `unhex(${value})` : value} AS ${name}`;
};

export const sqliteDialect: Dialect = {
  records: (n, columns) => `(SELECT ${Object.entries(columns).map(column).join(", ")} FROM json_each($${n}))`,
  // A statement must name all of its parameters.
  within: (_, n) => `$${n} IS NOT NULL AND $${n + 1} IS NOT NULL`,
  hasLabels: (labels, n) =>
    `NOT EXISTS (SELECT 1 FROM json_each($${n}) wanted WHERE wanted.value NOT IN (SELECT value FROM json_each(${labels})))`,
};
