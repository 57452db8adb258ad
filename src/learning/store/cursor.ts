import { z } from "zod";
import { InvalidCursor } from "./errors.ts";

/** Where a page ended, as an opaque word. What comes back from outside is checked before any database sees it. */
export interface Cursor<T> {
  make(position: T): string;
  /** Undefined without one. Throws InvalidCursor. */
  read(cursor: string | undefined): T | undefined;
}

/** `list` keeps the cursor of one list from being used on another. */
export function cursorOf<T>(list: string, position: z.ZodType<T>): Cursor<T> {
  const schema = z.tuple([z.literal(list), position]);
  return {
    make: (at) => Buffer.from(JSON.stringify([list, at])).toString("base64url"),
    read(cursor) {
      if (cursor === undefined) return undefined;
      const parsed = schema.safeParse(jsonOf(cursor));
      if (!parsed.success) throw new InvalidCursor(`not a cursor of the list of ${list}`);
      return parsed.data[1];
    },
  };
}

export const cursorId = z.guid().toLowerCase();
export const cursorNumber = z.number();
/** No NUL: Postgres takes none in text. */
export const cursorText = z
  .string()
  .max(512)
  .refine((text) => !text.includes("\0"));

/** One row more was read than asked for: whether it is there says whether the list goes on. */
export function pageOf<R, T>(
  rows: readonly R[],
  limit: number,
  positionOf: (last: R) => string,
  item: (row: R) => T,
): { readonly items: readonly T[]; readonly next: string | undefined } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(item),
    next: rows.length > limit && last !== undefined ? positionOf(last) : undefined,
  };
}

function jsonOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    return undefined;
  }
}
