import type { Param, Row } from "../sql/database.ts";

export interface ThreadData {
  readonly folder: string;
}

/** Without `sql`: close the database and end. */
export interface ThreadRequest {
  readonly id: number;
  readonly sql?: string;
  readonly params: readonly Param[];
}

/** The first one, with id 0, says whether the database could be opened. */
export type ThreadReply =
  | { readonly id: number; readonly rows: readonly Row[]; readonly error?: never }
  | {
      readonly id: number;
      readonly error: { readonly code: string; readonly number: number; readonly message: string };
    };
