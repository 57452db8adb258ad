import { describe, expect, it } from "vitest";
import type { StructuralSchema } from "./convert.ts";
import { violations } from "./violations.ts";

const at = (field: object): StructuralSchema => ({
  type: "object",
  properties: { field: field as StructuralSchema },
});
const text = { type: "string" };
const list = (items: object, more: object) => ({ type: "array", items, ...more });
const keyed = { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] };

describe("a schema that an API server would refuse", () => {
  it.each<[because: string, schema: StructuralSchema, violation: string]>([
    ["the root is a list", { type: "array", items: text }, ".: the root must be an object"],
    ["the root is a map", { type: "object", additionalProperties: text }, ".: the root cannot be a map"],
    [
      "metadata is described",
      { type: "object", properties: { metadata: { type: "object", description: "x" } } },
      ".metadata: its schema is Kubernetes' own",
    ],
    ["a type is missing", at({ description: "x" }), ".field: type is missing"],
    ["a keyword is forbidden", at({ type: "array", items: text, uniqueItems: true }), ".field: uniqueItems"],
    ["a junctor is used", at({ ...text, oneOf: [] }), ".field: oneOf"],
    ["a keyword belongs to another type", at({ type: "boolean", maxLength: 3 }), ".field: maxLength"],
    [
      "a map has fields of its own",
      at({ type: "object", properties: {}, additionalProperties: text }),
      ".field: properties and additionalProperties exclude each other",
    ],
    ["what is required does not exist", at({ type: "object", required: ["a"] }), ".field: requires a"],
    ["a list has no items", at({ type: "array" }), ".field: a list needs items"],
    [
      "a keyed list has no keys",
      at(list({ type: "object" }, { "x-kubernetes-list-type": "map" })),
      ".field: list type map and its keys belong together",
    ],
    [
      "a list's key is optional",
      at(list({ type: "object", properties: { name: text } }, keyed)),
      ".field: its key name must be required or have a default",
    ],
    ["a list's key does not exist", at(list({ type: "object" }, keyed)), ".field: has no key field name"],
    [
      "a list's key is an object",
      at(list({ type: "object", properties: { name: { type: "object" } } }, keyed)),
      ".field: its key name is not a scalar",
    ],
    [
      "a set holds objects",
      at(list({ type: "object" }, { "x-kubernetes-list-type": "set" })),
      ".field: a set's items must be scalars",
    ],
    [
      "a rule has no message",
      at({ ...text, "x-kubernetes-validations": [{ rule: "self != ''" }] }),
      "needs a message of one line",
    ],
    [
      "a rule points nowhere",
      at({ type: "object", "x-kubernetes-validations": [{ rule: "true", message: "x", fieldPath: ".a" }] }),
      "points to .a, which does not exist",
    ],
    ["a default has the wrong type", at({ ...text, default: 3 }), ".field: its default is not a string"],
    ["a default is too great", at({ type: "integer", maximum: 2, default: 3 }), ".field: its default is above 2"],
    [
      "a default is on an excluded bound",
      at({ type: "number", minimum: 0, exclusiveMinimum: true, default: 0 }),
      "its default is below 0",
    ],
    ["a default does not match", at({ ...text, pattern: "^a$", default: "b" }), "its default does not match ^a$"],
    ["a default is not in the enum", at({ ...text, enum: ["a"], default: "b" }), "its default is none of a"],
    ["a default names no field", at({ type: "object", default: { a: 1 } }), "its default.a is not a field"],
    [
      "a default lacks a field without a default",
      at({ type: "object", properties: { a: text }, required: ["a"], default: {} }),
      "its default.a is missing",
    ],
    ["a default's list is too long", at(list(text, { maxItems: 1, default: ["a", "b"] })), "is longer than 1"],
  ])("is found out when %s", (_, schema, violation) => {
    expect(violations(schema).join("\n")).toContain(violation);
  });
});
