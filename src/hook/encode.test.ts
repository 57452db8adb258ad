import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualClock } from "../testing/clock.ts";
import { systemClock } from "./clock.ts";
import { encode, type Json, pieces } from "./encode.ts";
import type { Item } from "./item.ts";

function item(input: string): Item {
  const id = "019b7a00-0000-7000-8000-000000000000";
  const body = { id, at: "2026-01-01T00:00:00Z", kind: "prompt", servedModel: "m", sessionId: "s", input, output: "" };
  const untried = { attempts: 0, tries: 0, strikes: 0, struckAt: -1 };
  return { kind: "interaction", id, units: input.length, bytes: 0, ...untried, body: body as never };
}

test("the pieces of a value are its JSON", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      fc.pre(!JSON.stringify(value).includes("null"));
      expect([...pieces(value as Json)].join("")).toBe(JSON.stringify(value));
    }),
  );
});

test("a long text is cut, but never within a character", () => {
  fc.assert(
    fc.property(fc.integer({ min: 65_530, max: 65_540 }), fc.string({ unit: "binary" }), (length, end) => {
      const text = `${"a".repeat(length)}😀${end}`.repeat(3);
      const all = [...pieces(text)];
      expect(all.join("")).toBe(JSON.stringify(text));
      expect(all.length).toBeGreaterThan(3);
    }),
    { numRuns: 10 },
  );
});

test("a body is what JSON.stringify would make of it", async () => {
  const items = [item("one"), item("zwei\u0000\ud800"), item("x".repeat(200_000))];
  const { chunks, bytes } = await encode(items, "interactions", new ManualClock());
  const body = Buffer.concat(chunks);
  expect(body.toString()).toBe(JSON.stringify({ interactions: items.map((one) => one.body) }));
  expect(body.length).toBe(bytes);
});

test("the event loop turns while eight megabytes are encoded", async () => {
  let turns = 0;
  const turning = setInterval(() => turns++, 0);
  await encode(
    Array.from({ length: 8 }, () => item('"\n'.repeat(500_000))),
    "interactions",
    systemClock,
  );
  clearInterval(turning);
  expect(turns).toBeGreaterThan(4);
});
