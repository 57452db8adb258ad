import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiUnderTest, startApi } from "./testing/api-under-test.ts";

interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly [key: string]: unknown;
}
interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly object[];
  readonly "x-roles"?: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<
    Record<
      string,
      { readonly description?: string; readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }
    >
  >;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

describe("the OpenAPI document", () => {
  let api: ApiUnderTest;
  let document: Document;
  let operations: readonly (readonly [string, Operation])[];
  beforeAll(async () => {
    api = await startApi();
    document = (await api.call("GET", "/openapi.json")).json();
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, operation] as const),
    );
  });
  afterAll(() => api.close());

  const resolved = (schema: Schema): Schema => {
    if (schema.$ref === undefined) return schema;
    const found = document.components.schemas[schema.$ref.replace("#/components/schemas/", "")];
    expect(found, schema.$ref).toBeDefined();
    return { ...found, ...schema };
  };

  it("is version 3.1", () => {
    expect(document.openapi).toBe("3.1.0");
    expect(operations.length).toBeGreaterThan(25);
  });

  it("says of every route what it does, who may use it and how it can end", () => {
    for (const [name, { summary, tags, security, responses, ...rest }] of operations) {
      expect(summary, name).toBeTruthy();
      expect(tags, name).toHaveLength(1);
      const open = security?.length === 0;
      expect(rest["x-roles"] === undefined, name).toBe(open);
      if (!open) expect(Object.keys(responses), name).toEqual(expect.arrayContaining(["401", "403", "429", "503"]));
      expect(
        Object.keys(responses).some((status) => status.startsWith("2")),
        name,
      ).toBe(true);
    }
  });

  it("describes every body and every answer", () => {
    for (const [name, { requestBody, responses }] of operations) {
      const contents = [requestBody?.content ?? {}, ...Object.values(responses).map(({ content }) => content ?? {})];
      for (const { schema } of contents.flatMap((content) => Object.values(content))) {
        expect(resolved(schema).description, `${name}: ${JSON.stringify(schema).slice(0, 200)}`).toBeTruthy();
      }
      for (const { description } of Object.values(responses)) expect(description, name).toBeTruthy();
    }
  });

  it("has every schema it refers to, and refers to those it names", () => {
    const references = new Set(JSON.stringify(document).match(/#\/components\/schemas\/\w+/g));
    expect(references.size).toBeGreaterThan(5);
    for (const $ref of references) resolved({ $ref });
    for (const name of ["InteractionInput", "FeedbackInput", "Problem", "BatchResult", "StoredInteraction"]) {
      expect(references, name).toContain(`#/components/schemas/${name}`);
    }
  });
});
