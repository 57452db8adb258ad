import { readFile } from "node:fs/promises";
import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";
import { KINDS } from "../api/v1alpha1/kinds.ts";
import type { StructuralSchema } from "./convert.ts";
import { definition } from "./definition.ts";
import { files } from "./files.ts";
import { violations, walk } from "./violations.ts";

interface Node {
  readonly path: string;
  readonly schema: StructuralSchema;
}

const definitions = KINDS.map((kind) => {
  const { spec } = definition(kind) as { spec: { versions: [{ schema: { openAPIV3Schema: StructuralSchema } }] } };
  const schema = spec.versions[0].schema.openAPIV3Schema;
  const nodes: Node[] = [];
  walk(schema, (node, path) => nodes.push({ path, schema: node }));
  // apiVersion, kind and metadata are Kubernetes' own.
  const ours = nodes.filter(({ path }) => /^\.(spec|status)\b/.test(path));
  // A list's item and a map's value are explained by the list and the map.
  const fields = ours.filter(({ path }) => !path.endsWith("]"));
  return { name: kind.resource.kind, kind, schema, nodes, ours, fields };
});
const paths = (nodes: readonly Node[]) => nodes.map(({ path }) => path);

describe.each(definitions)("the definition of $name", ({ kind, schema, nodes, ours, fields }) => {
  it("is structural, with valid defaults, keys and rules", () => {
    expect(violations(schema)).toEqual([]);
  });

  it("explains every field in a sentence, so that kubectl explain teaches", () => {
    const explained = ({ schema: { description = "" } }: Node) => /\S \S.*[.…)"]$/.test(description);
    expect(paths(fields.filter((node) => !explained(node)))).toEqual([]);
  });

  it("bounds every string, list and map, so that what rules cost and what objects weigh is bounded", () => {
    const bounded = ({ schema: node }: Node) => {
      if (node.type === "string") return [node.maxLength, node.enum].some(Boolean) || node.format === "date-time";
      if (node.type === "array") return node.maxItems !== undefined;
      return node.additionalProperties === undefined || node.maxProperties !== undefined;
    };
    expect(paths(ours.filter((node) => !bounded(node)))).toEqual([]);
  });

  it("has patterns that RE2 reads", () => {
    const patterns = ours.flatMap(({ schema: { pattern } }) => (typeof pattern === "string" ? [pattern] : []));
    for (const pattern of new Set(patterns)) expect(() => RE2JS.compile(pattern), pattern).not.toThrow();
  });

  it("has patterns that hold from the first character to the last, whichever branch is taken", () => {
    const whole = ({ schema: { pattern } }: Node) =>
      pattern === undefined || (/^\^.*\$$/.test(String(pattern)) && !splitsAtTheTop(String(pattern)));
    expect(paths(ours.filter((node) => !whole(node)))).toEqual([]);
  });

  it("prints columns that exist in the schema", () => {
    const columns = kind.columns.map(({ jsonPath }) => jsonPath).filter((path) => !path.startsWith(".metadata"));
    expect(paths(nodes)).toEqual(expect.arrayContaining(columns));
  });

  it("leaves room in its names for what is appended to them", () => {
    expect(`${"a".repeat(kind.maxNameLength)}-0123456789`.length).toBeLessThanOrEqual(63);
  });
});

/** `^a|b$` is anchored on one side only. */
function splitsAtTheTop(pattern: string): boolean {
  const bare = pattern.replace(/\\./g, "").replace(/\[[^\]]*\]/g, "");
  let depth = 0;
  return [...bare].some((character) => {
    if (character === "(") depth++;
    if (character === ")") depth--;
    return character === "|" && depth === 0;
  });
}

describe("a TrainingRun's overrides", () => {
  const run = definitions.find(({ name }) => name === "TrainingRun");

  it("carry no default anywhere: one would be stored, and the policy could never win", () => {
    expect(paths(run?.nodes.filter(({ schema }) => schema.default !== undefined) ?? [])).toEqual([]);
  });

  it("require nothing of what the policy may say", () => {
    const demanding = run?.ours.filter(({ path, schema }) => path.startsWith(".spec") && schema.required !== undefined);
    expect(paths(demanding ?? []).sort()).toEqual([
      ".spec.baseModel",
      ".spec.dataset",
      ".spec.podTemplate.imagePullSecrets[]",
      ".spec.policyRef",
    ]);
  });
});

describe("what is committed", () => {
  it.each(files())("is what src/api says ($path): else run `npm run crds` and commit the result", async (file) => {
    const committed = await readFile(new URL(`../../${file.path}`, import.meta.url), "utf8");
    expect(committed === file.text, `${file.path} differs from what src/api says`).toBe(true);
  });
});
