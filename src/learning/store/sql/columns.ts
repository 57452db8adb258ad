import type { InteractionKey } from "../../model.ts";
import type { Row } from "./database.ts";

function wrong(name: string, wanted: string): Error {
  return new Error(`column ${name} is not ${wanted}: the tables are not those this version made`);
}

export function text(row: Row, name: string): string {
  const value = row[name];
  if (typeof value !== "string") throw wrong(name, "text");
  return value;
}

export function optionalText(row: Row, name: string): string | undefined {
  return row[name] === null ? undefined : text(row, name);
}

export function number(row: Row, name: string): number {
  const value = row[name];
  if (typeof value !== "number") throw wrong(name, "a number");
  return value;
}

export function optionalNumber(row: Row, name: string): number | undefined {
  return row[name] === null ? undefined : number(row, name);
}

export function bytes(row: Row, name: string): Uint8Array {
  const value = row[name];
  if (!(value instanceof Uint8Array)) throw wrong(name, "bytes");
  return value;
}

/** What we wrote ourselves as JSON. */
export function json<T>(row: Row, name: string): T {
  return JSON.parse(text(row, name));
}

/** One of a fixed set of words. */
export function word<const T extends string>(row: Row, name: string, words: readonly T[]): T {
  const value = row[name];
  const found = words.find((candidate) => candidate === value);
  if (found === undefined) throw wrong(name, `one of ${words.join(", ")}`);
  return found;
}

/** Text that Postgres takes: no NUL, no half of a surrogate pair. */
export function plain(value: string): string {
  return value.replaceAll("\0", "").toWellFormed();
}

export function rowKey(row: Row): InteractionKey {
  return { tenant: text(row, "tenant"), id: text(row, "id") };
}
