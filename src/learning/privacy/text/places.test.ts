import fc from "fast-check";
import { expect, test } from "vitest";
import { Places } from "./places.ts";

/** For each unit of the text that was made: how many units of the other it took, and how many were left out before it. */
const steps = fc.array(fc.record({ took: fc.integer({ min: 1, max: 3 }), skipped: fc.integer({ min: 0, max: 2 }) }), {
  size: "large",
});

test("every place leads back to where it was made of, in whatever order it is asked for", () => {
  fc.assert(
    fc.property(steps, fc.infiniteStream(fc.nat()), (steps, asked) => {
      const places = new Places();
      const raw: number[] = [];
      let next = 0;
      for (const [at, { took, skipped }] of steps.entries()) {
        for (let left = 0; left < skipped; left += 1) places.note(at, ++next);
        raw.push(next);
        next += took;
        if (took > 1) places.note(at + 1, next);
      }
      raw.push(next);
      for (const [at, back] of raw.entries()) expect(places.rawOf(at)).toBe(back);
      for (const at of asked.take(100)) expect(places.rawOf(at % raw.length)).toBe(raw[at % raw.length]);
    }),
  );
});

test("thousands of places are kept", () => {
  const places = new Places();
  for (let at = 1; at <= 5_000; at += 1) places.note(at, 3 * at);
  for (let at = 5_000; at >= 1; at -= 1) expect(places.rawOf(at)).toBe(3 * at);
  expect(places.rawOf(0)).toBe(0);
});
