import { setImmediate } from "node:timers/promises";

/** Nothing else of this process waits longer for one batch. */
const SLICE_MS = 8;

/** Like `map`, letting others run in between: sealing a batch of large texts takes longer than they may wait. */
export async function inSlices<T, R>(items: readonly T[], work: (item: T) => R): Promise<R[]> {
  const results: R[] = [];
  let since = performance.now();
  for (const item of items) {
    if (performance.now() - since > SLICE_MS) {
      await setImmediate();
      since = performance.now();
    }
    results.push(work(item));
  }
  return results;
}
