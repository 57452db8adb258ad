import type { InteractionKey } from "../../model.ts";

/** JSON goes as its text; what is absent as null. */
export type Param = string | number | null | Uint8Array;
export type Row = Readonly<Record<string, unknown>>;

/** Statements are written in Postgres' words; SQLite takes off what it does not know (`sqlite/translate.ts`). */
export interface Session {
  query(sql: string, ...params: readonly Param[]): Promise<readonly Row[]>;
}

/** Fragments that the two say differently. */
export interface Dialect {
  /** A subquery over parameter `n`, the text of a JSON array of objects. */
  records(n: number, columns: Readonly<Record<string, ColumnType>>): string;
  /**
   * Holds for rows with one of the tenants and one of the ids of parameters `n` and `n + 1`. Says nothing that a join on
   * the keys does not, but so the rows are found by index, in their own days only, whatever the planner knows of these.
   */
  within(table: string, n: number): string;
  /** Whether a JSON array of labels holds all those of parameter `n`, the text of a JSON array. */
  hasLabels(column: string, n: number): string;
}
/** `bytes` travel as hex. */
export type ColumnType = "text" | "uuid" | "int" | "float" | "bytes" | "json";

export interface Database extends Session {
  readonly dialect: Dialect;
  /**
   * Runs `work` in one transaction. It may run again after a failure that passes, so it changes nothing outside.
   * Inside it only its own session may be asked.
   */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** What only one of the two needs: partitions made and dropped, files wiped of what was erased. */
  readonly upkeep: Upkeep;
  close(): Promise<void>;
}

export interface Upkeep {
  /** Room for what may come in the next two weeks. */
  prepare(now: number): Promise<void>;
  /** Drops whatever lies wholly before this time, where that can be done at once. */
  dropBefore(time: number): Promise<void>;
  /** Leaves nothing of deleted rows in the files. */
  wipe(): Promise<void>;
}

/** The keys as JSON for `records(1, …)`, then their tenants and ids as Postgres' arrays for `within(…, 2)`. */
export function keyParams(keys: readonly InteractionKey[]): [string, string, string] {
  const array = (values: readonly string[]) =>
    `{${[...new Set(values)].map((value) => JSON.stringify(value)).join(",")}}`;
  return [
    JSON.stringify(keys.map(({ tenant, id }) => ({ tenant, id }))),
    array(keys.map(({ tenant }) => tenant)),
    array(keys.map(({ id }) => id)),
  ];
}

export const KEY_COLUMNS = { tenant: "text", id: "uuid" } as const;

/** Unique in a map and ordered as transactions take their locks. */
export function keyText({ tenant, id }: InteractionKey): string {
  return `${id} ${tenant}`;
}

/** All writers take rows in this order, so that no two wait for each other. */
export function inLockOrder<T extends InteractionKey>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => (keyText(a) < keyText(b) ? -1 : 1));
}
