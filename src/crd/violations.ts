import type { StructuralSchema } from "./convert.ts";

/**
 * What an API server would refuse in the schema of a CustomResourceDefinition, each with the path of its field.
 * Ported from apiextensions-apiserver: pkg/apiserver/schema/validation.go (structure) and
 * pkg/apis/apiextensions/validation/validation.go (lists, rules, defaults). The contract suite asks a real server;
 * this answers in milliseconds, and names the field.
 */
export function violations(schema: StructuralSchema): string[] {
  const found: string[] = [];
  if (schema.type !== "object") found.push(".: the root must be an object");
  if (schema.additionalProperties !== undefined) found.push(".: the root cannot be a map");
  const { metadata } = schema.properties ?? {};
  if (metadata !== undefined && Object.keys(metadata).some((keyword) => keyword !== "type"))
    found.push(".metadata: its schema is Kubernetes' own");
  walk(schema, (node, path) => {
    for (const rule of RULES) for (const problem of rule(node)) found.push(`${path || "."}: ${problem}`);
  });
  return found;
}

/** Calls `visit` with every node and its path: `.spec.canary.steps[].weight`; `[*]` is a map's value. */
export function walk(
  node: StructuralSchema,
  visit: (node: StructuralSchema, path: string, parent?: StructuralSchema) => void,
  path = "",
  parent?: StructuralSchema,
): void {
  visit(node, path, parent);
  for (const [name, child] of Object.entries(node.properties ?? {})) walk(child, visit, `${path}.${name}`, node);
  if (node.items !== undefined) walk(node.items, visit, `${path}[]`, node);
  if (node.additionalProperties !== undefined) walk(node.additionalProperties, visit, `${path}[*]`, node);
}

type Rule = (node: StructuralSchema) => Iterable<string>;

const KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  any: ["type", "description", "default", "enum", "nullable", "x-kubernetes-validations"],
  string: ["format", "pattern", "minLength", "maxLength"],
  integer: ["format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
  boolean: [],
  array: ["items", "minItems", "maxItems", "x-kubernetes-list-type", "x-kubernetes-list-map-keys"],
  object: ["properties", "required", "additionalProperties", "maxProperties"],
};

const RULES: readonly Rule[] = [
  function* keywordsOfItsType(node) {
    const known = KEYWORDS[node.type];
    if (known === undefined) return yield `type ${node.type || "is missing"} is none of the six`;
    for (const keyword of Object.keys(node))
      if (!known.includes(keyword) && !KEYWORDS.any?.includes(keyword)) yield `${keyword} is not for a ${node.type}`;
  },

  function* objectsAreFieldsOrMaps(node) {
    if (node.properties !== undefined && node.additionalProperties !== undefined)
      yield "properties and additionalProperties exclude each other";
    for (const name of node.required ?? [])
      if (node.properties?.[name] === undefined) yield `requires ${name}, which it does not have`;
  },

  function* listsHaveItems(node) {
    if (node.type === "array" && node.items === undefined) yield "a list needs items";
    if (node.items?.nullable === true && node["x-kubernetes-list-type"] !== undefined) yield "its items cannot be null";
  },

  function* mapListsHaveKeys(node) {
    const keys = (node["x-kubernetes-list-map-keys"] ?? []) as string[];
    const isMap = node["x-kubernetes-list-type"] === "map";
    if (isMap !== keys.length > 0) return yield "list type map and its keys belong together";
    for (const key of keys) {
      const field = node.items?.properties?.[key];
      if (field === undefined) yield `has no key field ${key}`;
      else if (field.type === "object" || field.type === "array") yield `its key ${key} is not a scalar`;
      else if (field.nullable === true) yield `its key ${key} cannot be null`;
      else if (!node.items?.required?.includes(key) && field.default === undefined)
        yield `its key ${key} must be required or have a default`;
    }
  },

  function* setsHoldScalars(node) {
    if (node["x-kubernetes-list-type"] === "set" && ["object", "array"].includes(node.items?.type ?? ""))
      yield "a set's items must be scalars";
  },

  function* rulesExplainThemselves(node) {
    const rules = (node["x-kubernetes-validations"] ?? []) as { rule: string; message?: string; fieldPath?: string }[];
    for (const { rule, message = "", fieldPath } of rules) {
      if (rule.trim() === "") yield "a rule is empty";
      if (message.trim() === "" || message.includes("\n") || message.length > 2048)
        yield `the rule ${rule} needs a message of one line`;
      if (fieldPath !== undefined && resolve(node, fieldPath) === undefined)
        yield `the rule ${rule} points to ${fieldPath}, which does not exist`;
    }
  },

  function* defaultsAreValid(node) {
    if (node.default !== undefined) yield* invalid(node, node.default, "its default");
  },
];

/** The field that `.a.b` names under a node. */
function resolve(node: StructuralSchema, fieldPath: string): StructuralSchema | undefined {
  return fieldPath
    .split(".")
    .filter(Boolean)
    .reduce<StructuralSchema | undefined>((at, name) => at?.properties?.[name], node);
}

/** Why a value is not one of a schema's. Defaults of the fields below are filled in first, as the server does. */
export function* invalid(node: StructuralSchema, value: unknown, what: string): Generator<string> {
  if (value === null) return node.nullable === true ? undefined : yield `${what} cannot be null`;
  if (!TYPES[node.type]?.(value)) return yield `${what} is not a ${node.type}`;
  const allowed = node.enum as unknown[] | undefined;
  if (allowed !== undefined && !allowed.includes(value)) yield `${what} is none of ${allowed.join(", ")}`;
  if (typeof value === "number") yield* outOfRange(node, value, what);
  if (typeof value === "string") {
    yield* wrongSize(value.length, node.minLength, node.maxLength, what);
    if (node.pattern !== undefined && !new RegExp(node.pattern as string).test(value))
      yield `${what} does not match ${node.pattern}`;
  }
  if (Array.isArray(value)) {
    yield* wrongSize(value.length, node.minItems, node.maxItems, what);
    for (const [index, item] of value.entries())
      if (node.items !== undefined) yield* invalid(node.items, item, `${what}[${index}]`);
  } else if (typeof value === "object") yield* invalidFields(node, value as Record<string, unknown>, what);
}

function* invalidFields(node: StructuralSchema, value: Record<string, unknown>, what: string): Generator<string> {
  for (const [name, field] of Object.entries(value)) {
    const child = node.properties?.[name] ?? node.additionalProperties;
    if (child === undefined) yield `${what}.${name} is not a field`;
    else yield* invalid(child, field, `${what}.${name}`);
  }
  for (const name of node.required ?? [])
    if (value[name] === undefined && node.properties?.[name]?.default === undefined) yield `${what}.${name} is missing`;
}

function* outOfRange(node: StructuralSchema, value: number, what: string): Generator<string> {
  const { minimum = -Infinity, maximum = Infinity } = node as { minimum?: number; maximum?: number };
  if (value < minimum || (value === minimum && node.exclusiveMinimum === true)) yield `${what} is below ${minimum}`;
  if (value > maximum || (value === maximum && node.exclusiveMaximum === true)) yield `${what} is above ${maximum}`;
}

function* wrongSize(size: number, least: unknown, most: unknown, what: string): Generator<string> {
  if (typeof least === "number" && size < least) yield `${what} is shorter than ${least}`;
  if (typeof most === "number" && size > most) yield `${what} is longer than ${most}`;
}

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  integer: Number.isInteger,
  boolean: (value) => typeof value === "boolean",
  array: Array.isArray,
  object: (value) => typeof value === "object" && !Array.isArray(value),
};
