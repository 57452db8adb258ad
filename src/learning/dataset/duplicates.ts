import { Forest } from "./forest.ts";
import type { LinkFile } from "./links.ts";
import type { Rows } from "./rows.ts";

/**
 * Keeps the best example of each cluster of near duplicates, and none of a cluster that an evaluation set reaches: what
 * is nearly contaminated gives the answer away, too. A cluster is everything connected by shared bands (datatrove's
 * rule), so afterwards no two examples share one.
 */
export async function removeDuplicates(
  rows: Rows,
  order: Uint32Array,
  exactLinks: LinkFile,
  nearLinks: LinkFile,
  pause: () => Promise<void>,
): Promise<void> {
  const exact = new Forest(rows.count);
  const near = new Forest(rows.count);
  await exactLinks.pairs((first, row) => {
    exact.join(first, row);
    near.join(first, row);
  }, pause);
  await nearLinks.pairs((first, row) => near.join(first, row), pause);

  const contaminated = new Uint8Array(rows.count);
  for (let row = 0; row < rows.count; row++) {
    if (rows.exclusionOf(row) === "Contaminated") contaminated[near.find(row)] = 1;
  }
  const taken = new Uint8Array(rows.count);
  const takenExactly = new Uint8Array(rows.count);
  for (let at = order.length - 1; at >= 0; at--) {
    const row = order[at] ?? 0;
    if (!rows.isIn(row)) continue;
    const cluster = near.find(row);
    const copies = exact.find(row);
    if (contaminated[cluster] === 1) rows.exclude(row, "Contaminated");
    else if (takenExactly[copies] === 1) rows.exclude(row, "ExactDuplicate");
    else if (taken[cluster] === 1) rows.exclude(row, "NearDuplicate");
    taken[cluster] = 1;
    takenExactly[copies] = 1;
  }
}
