import { FORMS, Rows } from "../rows.ts";

export interface RowWanted {
  readonly score?: number;
  readonly contributor?: number;
  readonly language?: number;
  readonly kind?: number;
  readonly reasoned?: boolean;
  readonly split?: number;
}

/** A table with these rows, all in. */
export function rowsOf(wanted: readonly RowWanted[]): Rows {
  const rows = new Rows();
  for (const one of wanted) {
    const row = rows.add();
    rows.score[row] = one.score ?? 900_000;
    rows.contributor[row] = one.contributor ?? 0;
    rows.language[row] = one.language ?? 0;
    rows.kind[row] = one.kind ?? 0;
    rows.split[row] = one.split ?? 0;
    rows.form[row] = one.reasoned === true ? FORMS.reasoned : FORMS.plain;
  }
  return rows;
}

/** How many are in, by a column's value. */
export function countsOf(rows: Rows, column: ArrayLike<number>): Map<number, number> {
  const counts = new Map<number, number>();
  for (let row = 0; row < rows.count; row++) {
    const value = column[row] ?? 0;
    if (rows.isIn(row)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}
