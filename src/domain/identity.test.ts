import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, identityDigest, modelVersionName, nameWith } from "./identity.ts";

describe("a version's identity", () => {
  const identity = { sha256: "9".repeat(64), template: "t", parameters: { seed: 1, top_p: 0.5 } };

  it("does not depend on the order of keys, and on all else", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (parameters) => {
        const turned = Object.fromEntries(Object.entries(parameters).reverse());
        expect(identityDigest({ ...identity, parameters: turned })).toBe(identityDigest({ ...identity, parameters }));
      }),
    );
    const digests = [identity, { ...identity, template: "u" }, { ...identity, parameters: {} }].map(identityDigest);
    expect(new Set(digests).size).toBe(3);
  });

  it("is written canonically: keys sorted at every depth, lists as they stand", () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1}]}');
  });

  it("gives a name that a ModelVersion may have, however long its owner's", () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,46}[a-z0-9]$/);
    fc.assert(
      fc.property(name, (owner) => {
        expect(modelVersionName(owner, identity)).toMatch(/^[a-z]([-a-z0-9]{0,50}[a-z0-9])?$/);
      }),
    );
    expect(nameWith("coder", "-baseline", 48)).toBe("coder-baseline");
    expect(nameWith("a-------b", "-x", 6)).toBe("a-x");
  });
});
