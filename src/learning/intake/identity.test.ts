import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventId } from "../../api/learning/interaction.ts";
import { timeOf } from "../store/event-id.ts";
import { canonicalJson } from "./canonical.ts";
import { derivedId } from "./event-id.ts";
import { keyedHasher } from "./keyed-hash.ts";

describe("keyed hashes", () => {
  const hash = keyedHasher(Buffer.alloc(32, 1));

  it("are the same for the same tenant, purpose and value, in every process", () => {
    expect(hash("team", "subject", "ann")).toBe(keyedHasher(Buffer.alloc(32, 1))("team", "subject", "ann"));
    expect(hash("team", "subject", "ann")).toMatch(/^[0-9a-f]{64}$/);
  });

  it("have nothing in common across tenants, purposes and secrets", () => {
    const all = [
      hash("team", "subject", "ann"),
      hash("other", "subject", "ann"),
      hash("team", "session", "ann"),
      keyedHasher(Buffer.alloc(32, 2))("team", "subject", "ann"),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it("want a whole secret", () => {
    expect(() => keyedHasher(Buffer.alloc(31))).toThrow("less than 32 bytes");
  });
});

describe("canonical JSON", () => {
  it("reads the same whatever the order of keys", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(reversed(value))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe("derived ids", () => {
  it("are UUIDv7 of their time, and tell hashes apart", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 47 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (time, bytes) => {
          const hash = Buffer.from(bytes).toString("hex");
          const id = derivedId(time, hash);
          expect(eventId.parse(id)).toBe(id);
          expect(timeOf(id)).toBe(time);
          expect(derivedId(time, hash)).toBe(id);
          const other = Buffer.from(bytes.with(0, bytes[0] === 0 ? 1 : 0)).toString("hex");
          expect(derivedId(time, other)).not.toBe(id);
        },
      ),
    );
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, of]) => [key, reversed(of)]),
  );
}
