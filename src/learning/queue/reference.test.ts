import fc from "fast-check";
import { expect, it } from "vitest";
import { errorCode } from "./error-code.ts";
import { formatRef, parseRef } from "./reference.ts";

it("reads every reference that it writes, whatever the tenant is called", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.uuid(), fc.nat(), (tenant, id, feedbackSeq) => {
      expect(parseRef(formatRef({ tenant, id, feedbackSeq }))).toEqual({ tenant, id, feedbackSeq });
    }),
  );
});

it("does not take anything else for one", () => {
  for (const text of ["", "a/b", "a/b/", "a/b/-1", "a/b/1e3", "/b/1", "a//1", "a/b/99999999999999999999"])
    expect(parseRef(text), text).toBeUndefined();
});

it("says of an error its code, never its message", () => {
  const secret = "my password is hunter2";
  expect(errorCode(new TypeError(secret))).toBe("TypeError");
  expect(errorCode(Object.assign(new Error(secret), { code: "ECONNRESET" }))).toBe("ECONNRESET");
  expect(errorCode(Object.assign(new Error(secret), { code: secret }))).toBe("Unknown");
  expect(errorCode(Object.assign(new Error(secret), { name: secret }))).toBe("Unknown");
  expect(errorCode(secret)).toBe("Unknown");
});
