/**
 * An agent whose answers stream in, in a process of its own, so that nothing else grows its heap: prints by how much it
 * has grown, and how much the hook counts. Run with --expose-gc.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { getHeapStatistics } from "node:v8";
import { createHook } from "../hook.ts";

const ANSWERS = 1000;
const DELTAS = 1000;
const PATIENCE_MS = 20_000;

/** An answer put together a few characters at a time. */
function streamed(n: number): string {
  let text = "";
  for (let delta = 0; delta < DELTAS; delta++) text += `ab${(n + delta) % 90} `;
  return text;
}

const collect = globalThis.gc;
if (collect === undefined) throw new Error("run with --expose-gc");
const hook = createHook({ url: "http://127.0.0.1:1", apiKey: "key", servedModel: "coder", context: false });
hook.record({ input: "warm", output: "up" });
collect();
const before = getHeapStatistics().used_heap_size;
for (let n = 0; n < ANSWERS; n++) hook.record({ input: "question", output: streamed(n) });
const growth = () => {
  collect();
  return getHeapStatistics().used_heap_size - before;
};
// The hook looks into them between the agent's turns; how soon is the machine's affair.
const began = performance.now();
let grown = growth();
while (grown >= hook.stats().queuedBytes && performance.now() - began < PATIENCE_MS) {
  await sleep(50);
  grown = growth();
}
const { queued, queuedBytes } = hook.stats();
process.stdout.write(JSON.stringify({ grown, queued, queuedBytes }));
await hook.close(0);
