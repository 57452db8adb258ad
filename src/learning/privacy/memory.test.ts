import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { SpareMemory } from "./memory.ts";

test("what was kept is taken again: the least that is enough", () => {
  const memory = new SpareMemory(1_000);
  const [small, middle, large] = [new ArrayBuffer(100), new ArrayBuffer(200), new ArrayBuffer(400)];
  for (const buffer of [large, small, middle]) memory.keep(buffer);
  expect(memory.take(150)).toBe(middle);
  expect(memory.take(150)).toBe(large);
  expect(memory.bytes).toBe(100);
  expect(memory.take(150).byteLength).toBe(150);
  expect(memory.take(100)).toBe(small);
});

test("what there is no room for is freed at once", () => {
  const memory = new SpareMemory(1_000);
  memory.keep(new ArrayBuffer(900));
  const more = new ArrayBuffer(101);
  memory.keep(more);
  expect(more.detached).toBe(true);
  expect(memory.bytes).toBe(900);
});

test("nothing is kept for longer than nobody asks", async () => {
  const memory = new SpareMemory(1_000, 20);
  await sleep(30);
  const buffer = new ArrayBuffer(900);
  memory.keep(buffer);
  expect(memory.bytes).toBe(900);
  await expect.poll(() => memory.bytes).toBe(0);
  expect(buffer.detached).toBe(true);
});
