import { z } from "zod";
import { lossOf } from "./losses.ts";

/** A node of a structural OpenAPI v3 schema, as a CustomResourceDefinition holds it. */
export interface StructuralSchema {
  type: string;
  description?: string;
  properties?: Record<string, StructuralSchema>;
  additionalProperties?: StructuralSchema;
  items?: StructuralSchema;
  required?: string[];
  [keyword: string]: unknown;
}

const COPIED = new Set([
  "type",
  "description",
  "default",
  "enum",
  "format",
  "pattern",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "maxProperties",
  "nullable",
]);

/**
 * A zod schema as the structural schema that an API server accepts. What has no faithful counterpart there
 * throws, naming the field: a constraint lost in silence is worse than a build that stops.
 * Rules: apiextensions-apiserver, pkg/apiserver/schema/validation.go.
 */
export function structural(schema: z.ZodType): StructuralSchema {
  const json = z.toJSONSchema(schema, {
    target: "openapi-3.0",
    io: "input",
    reused: "inline",
    // All three would stop without naming the field; what they leave behind is refused below, where the path is known.
    cycles: "ref",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const loss = lossOf(zodSchema);
      if (loss !== undefined) Object.assign(jsonSchema, { [LOSS]: loss });
    },
  });
  return convert(json as Json, "");
}

/** A keyword of our own on the way from zod to here: what toJSONSchema would have dropped without a word. */
const LOSS = "x-loss";

type Json = { readonly [keyword: string]: unknown };

function convert(node: Json, path: string): StructuralSchema {
  const refuse = (why: string): never => {
    throw new Error(`${path === "" ? "the root" : path}: ${why}`);
  };
  if (LOSS in node) refuse(String(node[LOSS]));
  for (const junctor of ["oneOf", "anyOf", "allOf", "not"]) {
    if (junctor in node) refuse(`${junctor} has no structural counterpart: use optional fields and a CEL rule`);
  }
  if ("$ref" in node) refuse("is recursive or has an id: a structural schema cannot refer to another");
  if (typeof node.type !== "string") refuse("has no type that JSON could hold");
  const out: StructuralSchema = { type: node.type as string };
  for (const [keyword, value] of Object.entries(node)) {
    if (COPIED.has(keyword)) out[keyword] = value;
    else if (keyword.startsWith("x-kubernetes-")) out[keyword] = value;
    else if (!HANDLED.has(keyword)) refuse(`keyword ${keyword} is not known here`);
  }
  tidyNumbers(out);
  tidyDates(out);
  if (typeof out.pattern === "string" && /\(\?<?[=!]/.test(out.pattern))
    refuse("its pattern looks ahead or behind, which the server's RE2 cannot");
  if (typeof out.format === "string" && !FORMATS.has(out.format))
    refuse(`format ${out.format} means nothing to the server, or something else: use a pattern`);
  if (node.properties !== undefined) {
    out.properties = Object.fromEntries(
      Object.entries(node.properties as Record<string, Json>).map(([name, child]) => [
        name,
        convert(child, `${path}.${name}`),
      ]),
    );
    if (Array.isArray(node.required) && node.required.length > 0) out.required = node.required as string[];
  } else if (typeof node.additionalProperties === "object") {
    out.additionalProperties = convert(node.additionalProperties as Json, `${path}[*]`);
  }
  if (out["x-kubernetes-validations"] !== undefined && isEmpty(out.default)) out.default = filled(out);
  if (out.type === "array") out.items = convert(node.items as Json, `${path}[]`);
  return out;
}

/** Read elsewhere, or dropped on purpose: unknown fields are pruned by the server, so `additionalProperties: false` is implied. */
const HANDLED = new Set([
  "properties",
  "required",
  "additionalProperties",
  "items",
  "propertyNames",
  "$schema",
  "definitions",
  "id",
]);

/** Formats that zod and the server read alike. */
const FORMATS = new Set(["date-time", "int64"]);

/**
 * The server runs a node's rules on the node's own default as it is written, before the defaults of its fields are
 * filled in: an empty default would fail a rule that its fields' defaults keep.
 */
function filled(node: StructuralSchema): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(node.properties ?? {})
      .filter(([, child]) => child.default !== undefined)
      .map(([name, child]) => [name, isEmpty(child.default) ? filled(child) : child.default]),
  );
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}

/** zod bounds every integer by ±2^53; the API server's own integers are 64 bits wide. */
function tidyNumbers(node: StructuralSchema): void {
  if (node.type !== "integer") return;
  if (node.minimum === Number.MIN_SAFE_INTEGER) delete node.minimum;
  if (node.maximum === Number.MAX_SAFE_INTEGER) delete node.maximum;
  node.format = "int64";
}

/** zod's pattern for date-time uses what RE2 cannot parse; the format says the same. */
function tidyDates(node: StructuralSchema): void {
  if (node.format === "date-time") delete node.pattern;
}
