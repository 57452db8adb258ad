import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SESSION_LIMITS, type Session, sessionSeal } from "./session.ts";

const NOW = Date.UTC(2026, 5, 15);
const secret = Buffer.alloc(32, 1);
const seal = sessionSeal(secret, randomBytes);
const session: Session = { id: "s1", keyId: "0123456789abcdef", startedAt: NOW, seenAt: NOW };

describe("a sealed session", () => {
  it("opens to what was sealed, in another process with the same secret", () => {
    expect(sessionSeal(secret, randomBytes).open(seal.seal(session), NOW)).toEqual(session);
  });

  it("says nothing to who has no secret, and looks different each time", () => {
    const sealed = seal.seal(session);
    expect(Buffer.from(sealed.split(".")[1] ?? "", "base64url").toString("latin1")).not.toContain(session.keyId);
    expect(seal.seal(session)).not.toBe(sealed);
    expect(sealed).toMatch(/^[\w.-]+$/);
  });

  it("does not open with another secret", () => {
    expect(sessionSeal(Buffer.alloc(32, 2), randomBytes).open(seal.seal(session), NOW)).toBeUndefined();
  });

  it("does not open once anything in it was changed, cut off or put on", () => {
    const bytes = Buffer.from(seal.seal(session).slice(3), "base64url");
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const other = Buffer.from(bytes);
        other[at] = (other[at] ?? 0) ^ change;
        expect(seal.open(`v1.${other.toString("base64url")}`, NOW)).toBeUndefined();
      }),
    );
    for (let length = 0; length < bytes.length; length += 1) {
      expect(seal.open(`v1.${bytes.subarray(0, length).toString("base64url")}`, NOW)).toBeUndefined();
    }
    expect(seal.open(`${seal.seal(session)}AA`, NOW)).toBeUndefined();
    expect(seal.open(seal.seal(session).replace("v1", "v2"), NOW)).toBeUndefined();
  });

  it("does not open from any text that somebody made up", () => {
    const bytes = fc.uint8Array({ maxLength: 300 }).map((made) => `v1.${Buffer.from(made).toString("base64url")}`);
    fc.assert(
      fc.property(fc.oneof(fc.string(), bytes), (text) => {
        expect(seal.open(text, NOW)).toBeUndefined();
      }),
    );
  });

  it.each([
    ["in use", { seenAt: NOW - SESSION_LIMITS.idleMs + 1 }, true],
    ["idle for too long", { seenAt: NOW - SESSION_LIMITS.idleMs }, false],
    ["in use, but from yesterday", { startedAt: NOW - SESSION_LIMITS.absoluteMs }, false],
    ["of a replica whose clock is a little ahead", { seenAt: NOW + SESSION_LIMITS.skewMs }, true],
    ["of the far future", { seenAt: NOW + SESSION_LIMITS.skewMs + 1 }, false],
  ])("%s: opens is %s", (_, change, opens) => {
    expect(seal.open(seal.seal({ ...session, ...change }), NOW) !== undefined).toBe(opens);
  });

  it("has a token that no other session has, whatever it was renewed to", () => {
    const token = seal.csrf(session);
    expect(seal.csrfHolds({ ...session, seenAt: NOW + 5 }, token)).toBe(true);
    expect(seal.csrfHolds({ ...session, id: "s2" }, token)).toBe(false);
    expect(seal.csrfHolds(session, undefined)).toBe(false);
    expect(seal.csrfHolds(session, "")).toBe(false);
    expect(token).not.toContain(session.id);
  });

  it("is not made with a secret that can be guessed", () => {
    expect(() => sessionSeal(Buffer.alloc(31), randomBytes)).toThrow("31 bytes");
  });
});
