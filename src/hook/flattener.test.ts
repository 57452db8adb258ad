import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { settle } from "../testing/clock.ts";
import { createHook } from "./hook.ts";

const DELTAS = 1000;

/** An answer as it streams in, a few characters at a time. */
function streamed(n: number): string {
  let text = "";
  for (let delta = 0; delta < DELTAS; delta++) text += `ab${(n + delta) % 90} `;
  return text;
}

test("answers that streamed in take no more memory than is counted for them", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const hook = createHook({ url: "http://127.0.0.1:1", apiKey: "key", servedModel: "coder", context: false });
  hook.record({ input: "warm", output: "up" });
  collect();
  const before = getHeapStatistics().used_heap_size;
  for (let n = 0; n < 1000; n++) hook.record({ input: "question", output: streamed(n) });
  const growth = () => {
    collect();
    return getHeapStatistics().used_heap_size - before;
  };
  // Only turns of the event loop let it work; collecting garbage takes far longer than they do.
  for (let round = 0; round < 20 && growth() >= hook.stats().queuedBytes; round++)
    for (let turn = 0; turn < 200; turn++) await settle();
  expect(growth()).toBeLessThan(hook.stats().queuedBytes);
  expect(hook.stats().queued).toBe(1001);
  await hook.close(0);
}, 30_000);
