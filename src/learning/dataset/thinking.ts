import { FORMS, type Rows, SPLITS } from "./rows.ts";

export interface ThinkingRatio {
  readonly asked: number;
  /** Share of examples that have reasoning now. */
  readonly reached: number;
  /** The same once the trainer has made the traces that are missing. */
  readonly reachedWithTraces: number;
  readonly withReasoning: number;
  readonly needTrace: number;
  /** Had reasoning that is left out. */
  readonly stripped: number;
}

/**
 * Brings each split to the ratio: the best answers without reasoning are marked for the trainer to make a trace, or the
 * reasoning of the worst is left out, since a model that always thinks forgets how to answer at once.
 */
export function classifyThinking(rows: Rows, order: Uint32Array, asked: number): ThinkingRatio {
  const sizes = SPLITS.map(() => ({ rows: 0, reasoned: 0 }));
  for (const row of order) {
    const size = sizes[rows.split[row] ?? 0];
    if (!rows.isIn(row) || size === undefined) continue;
    size.rows++;
    if (rows.form[row] === FORMS.reasoned) size.reasoned++;
  }
  const surplus = sizes.map((size) => size.reasoned - Math.round(asked * size.rows));
  let stripped = 0;
  for (const row of order) {
    const split = rows.split[row] ?? 0;
    if (!rows.isIn(row) || rows.form[row] !== FORMS.reasoned || (surplus[split] ?? 0) <= 0) continue;
    rows.form[row] = FORMS.stripped;
    surplus[split] = (surplus[split] ?? 0) - 1;
    stripped++;
  }
  let needTrace = 0;
  for (let at = order.length - 1; at >= 0; at--) {
    const row = order[at] ?? 0;
    const split = rows.split[row] ?? 0;
    if (!rows.isIn(row) || rows.form[row] !== FORMS.plain || (surplus[split] ?? 0) >= 0) continue;
    rows.form[row] = FORMS.needsTrace;
    surplus[split] = (surplus[split] ?? 0) + 1;
    needTrace++;
  }
  const total = Math.max(
    1,
    sizes.reduce((sum, size) => sum + size.rows, 0),
  );
  const withReasoning = sizes.reduce((sum, size) => sum + size.reasoned, 0) - stripped;
  return {
    asked,
    reached: withReasoning / total,
    reachedWithTraces: (withReasoning + needTrace) / total,
    withReasoning,
    needTrace,
    stripped,
  };
}
