import { describe, expect, it } from "vitest";
import { z } from "zod";
import { mapList, validated } from "../api/v1alpha1/common.ts";
import { structural } from "./convert.ts";

const convert = (field: z.ZodType) => structural(z.strictObject({ outer: z.strictObject({ field }) }));
const converted = (field: z.ZodType) => convert(field).properties?.outer?.properties?.field;

interface Tree {
  readonly child?: Tree | undefined;
}
const tree: z.ZodType<Tree> = z.strictObject({
  get child() {
    return tree.optional();
  },
});

describe("the converter", () => {
  it.each<[what: string, schema: z.ZodType, expected: object]>([
    ["a bounded integer", z.int().min(1).max(9), { type: "integer", format: "int64", minimum: 1, maximum: 9 }],
    ["an integer, without zod's own bounds", z.int(), { type: "integer", format: "int64" }],
    ["a greater-than", z.number().gt(0).max(1), { type: "number", minimum: 0, exclusiveMinimum: true, maximum: 1 }],
    ["an enum", z.enum(["A", "B"]), { type: "string", enum: ["A", "B"] }],
    ["a literal", z.literal("A"), { type: "string", enum: ["A"] }],
    ["a time, without the pattern that RE2 cannot read", z.iso.datetime(), { type: "string", format: "date-time" }],
    ["what may be null", z.string().nullable(), { type: "string", nullable: true }],
    ["a description", z.boolean().describe("Why."), { type: "boolean", description: "Why." }],
    [
      "a map",
      z.record(z.string(), z.string().max(3)).meta({ maxProperties: 2 }),
      { type: "object", maxProperties: 2, additionalProperties: { type: "string", maxLength: 3 } },
    ],
    [
      "an object closed to other fields, which the server prunes anyway",
      z.strictObject({ a: z.string(), b: z.string().exactOptional() }),
      { type: "object", properties: { a: { type: "string" }, b: { type: "string" } }, required: ["a"] },
    ],
    [
      "a field with a default as one that need not be written",
      z.strictObject({ a: z.int().default(1) }).prefault({}),
      { type: "object", default: {}, properties: { a: { type: "integer", format: "int64", default: 1 } } },
    ],
    [
      "an empty default under a rule, filled in, since the server runs the rule on it as it stands",
      validated(
        z.strictObject({
          a: z.boolean().default(true),
          b: z.strictObject({ c: z.boolean().default(false) }).prefault({}),
        }),
        { rule: "self.a", message: "a must hold" },
      ).prefault({}),
      {
        default: { a: true, b: { c: false } },
        "x-kubernetes-validations": [{ rule: "self.a", message: "a must hold" }],
      },
    ],
    [
      "a list with keys",
      mapList(z.array(z.strictObject({ name: z.string() })).max(3), "name"),
      { type: "array", maxItems: 3, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] },
    ],
  ])("translates %s", (_, schema, expected) => {
    expect(converted(schema)).toMatchObject(expected);
    expect(converted(schema)).not.toHaveProperty("additionalProperties", false);
  });

  it.each<[what: string, schema: z.ZodType, why: string]>([
    ["a union", z.union([z.string(), z.int()]), "anyOf has no structural counterpart"],
    [
      "a discriminated union",
      z.discriminatedUnion("t", [z.strictObject({ t: z.literal("a") }), z.strictObject({ t: z.literal("b") })]),
      "oneOf has no structural counterpart",
    ],
    [
      "an intersection",
      z.intersection(z.strictObject({ a: z.int() }), z.strictObject({ b: z.int() })),
      "an intersection",
    ],
    ["any", z.any(), "no type"],
    ["unknown", z.unknown(), "no type"],
    ["never", z.never(), "not has no structural counterpart"],
    ["a recursive type", tree, "is recursive"],
    ["a shared definition", z.string().meta({ id: "shared" }), "has an id"],
    ["a literal of two types", z.literal(["a", 3]), "no type"],
    ["a Date", z.date(), "no type"],
    ["a bigint", z.bigint(), "no type"],
    ["a Set", z.set(z.string()), "no type"],
    ["a custom type", z.custom(() => true), "no type"],
    ["two patterns", z.string().regex(/^a/).regex(/b$/), "allOf has no structural counterpart"],
    ["a pattern's flags", z.string().regex(/^a$/i), "flags (i)"],
    ["a pattern that looks ahead", z.string().regex(/^(?!a)b$/), "looks ahead"],
    ["a format that means something else to the server", z.email(), "format email"],
    ["a refinement", z.string().refine((text) => text !== "x"), "CEL rule"],
    ["a refinement of an object", z.strictObject({ a: z.int() }).refine(() => true), "CEL rule"],
    ["a transformation", z.string().transform(Number), "transformation"],
    ["a coercion", z.coerce.number(), "transformation"],
    ["a trimmed string", z.string().trim(), "transformation"],
    ["a fallback", z.string().catch("a"), "transformation"],
    ["a map with a pattern for its keys", z.record(z.string().regex(/^a/), z.string()), "map's keys"],
    ["a map with its keys in an enum", z.record(z.enum(["a"]), z.string()), "map's keys"],
    ["fields with others beside them", z.looseObject({ a: z.int() }), "additionalProperties beside properties"],
    ["unique items", z.array(z.string()).meta({ uniqueItems: true }), "uniqueItems"],
    ["what is only for reading", z.string().readonly(), "readOnly"],
    ["a keyword that it does not know", z.string().meta({ title: "x" }), "title"],
  ])("stops at %s and names the field", (_, schema, why) => {
    expect(() => convert(schema)).toThrow(".outer.field");
    expect(() => convert(schema)).toThrow(why);
  });

  it("names an item of a list and a value of a map", () => {
    expect(() => convert(z.array(z.any()))).toThrow(".outer.field[]: has no type");
    expect(() => convert(z.record(z.string(), z.any()))).toThrow(".outer.field[*]: has no type");
    expect(() => convert(z.tuple([z.string(), z.int()]))).toThrow(".outer.field[]: anyOf");
  });
});
