import { setImmediate } from "node:timers/promises";

/** Nothing else of this process waits longer, however many batches are on their way at once. */
const SLICE_MS = 8;

let last: Promise<unknown> = Promise.resolve();

/** Each turn is in a round of the event loop of its own, in which everything else was heard. */
async function turn(): Promise<void> {
  const mine = last.then(() => setImmediate());
  last = mine;
  await mine;
}

/** Like `map`, letting others run in between: to seal a batch of large texts takes longer than they may wait. */
export async function inSlices<T, R>(items: readonly T[], work: (item: T) => R): Promise<R[]> {
  const results: R[] = [];
  await turn();
  let since = performance.now();
  for (const item of items) {
    if (performance.now() - since > SLICE_MS) {
      await turn();
      since = performance.now();
    }
    results.push(work(item));
  }
  return results;
}
