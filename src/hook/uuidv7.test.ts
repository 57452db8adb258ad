import fc from "fast-check";
import { expect, test } from "vitest";
import { eventId } from "../api/learning/interaction.ts";
import { EventIds } from "./uuidv7.ts";

const NOW = Date.UTC(2026, 0, 1);
const timeOf = (id: string) => Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);

test("ids are UUIDv7 with the time they were made at", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (now) => {
      const id = new EventIds().next(now);
      expect(eventId.parse(id)).toBe(id);
      expect(timeOf(id)).toBe(now);
    }),
  );
});

test("ids grow whatever the clock does within a minute", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 2 }), (clock) => {
      const ids = new EventIds();
      const made = clock.map((ms) => ids.next(NOW + ms));
      expect(made).toEqual([...made].sort());
      expect(new Set(made).size).toBe(made.length);
    }),
  );
});

test("100,000 ids of one millisecond differ and grow", () => {
  const ids = new EventIds();
  const made = Array.from({ length: 100_000 }, () => ids.next(NOW));
  expect(new Set(made).size).toBe(made.length);
  expect(made.every((id, index) => index === 0 || id > (made[index - 1] ?? ""))).toBe(true);
  expect(timeOf(made.at(-1) ?? "")).toBe(NOW);
});

test("a clock set back far is followed, since the API refuses ids from its future", () => {
  const ids = new EventIds();
  ids.next(NOW);
  expect(timeOf(ids.next(NOW - 3_600_000))).toBe(NOW - 3_600_000);
});

test("a counter that runs out goes on in the next millisecond", () => {
  const ids = new EventIds((bytes) => bytes.fill(0), 1000);
  const made = Array.from({ length: 1001 }, () => ids.next(NOW));
  expect(made).toEqual([...made].sort());
  expect(made.map(timeOf).slice(-2)).toEqual([NOW, NOW + 1]);
});
