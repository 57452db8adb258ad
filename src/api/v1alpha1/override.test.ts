import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { merged, type Overrides, overrides } from "./override.ts";
import { type Training, training } from "./training.ts";
import { trainingRunSpec } from "./trainingrun.ts";

/** Some of the fields that a run may set, each a leaf at a different depth. */
const some: fc.Arbitrary<Overrides<Training>> = fc.record(
  {
    lora: fc.record({ rank: fc.integer({ min: 1, max: 512 }), dropout: fc.constant(0.1) }, { requiredKeys: [] }),
    optimization: fc.record({ epochs: fc.integer({ min: 1, max: 9 }), seed: fc.nat() }, { requiredKeys: [] }),
    resources: fc.record({ gpus: fc.integer({ min: 0, max: 8 }) }, { requiredKeys: [] }),
    podTemplate: fc.record(
      {
        nodeSelector: fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.stringMatching(/^[a-z]{1,3}$/)),
        imagePullSecrets: fc.array(fc.record({ name: fc.stringMatching(/^[a-z]{1,3}$/) }), { maxLength: 3 }),
      },
      { requiredKeys: [] },
    ),
    queueName: fc.constantFrom("", "gpu", "night"),
    maxAttempts: fc.integer({ min: 1, max: 20 }),
  },
  { requiredKeys: [] },
);
const defaults = training.parse({});
const full = some.map((over) => merged<Training>(defaults, over));
const holds = <A>(property: fc.IProperty<A>) => fc.assert(property, { numRuns: 100 });

describe("merged", () => {
  it("with nothing over it, is what lies under", () => {
    holds(fc.property(full, (under) => void expect(merged(under, {})).toEqual(under)));
    holds(fc.property(full, (under) => void expect(merged(under, undefined)).toEqual(under)));
  });

  it("with itself over it, is itself", () => {
    holds(fc.property(full, (under) => void expect(merged(under, under)).toEqual(under)));
  });

  it("takes every field that the later one sets, and no other", () => {
    holds(
      fc.property(full, some, (under, over) => {
        const result = merged(under, over);
        expect(result).toMatchObject(over);
        for (const name of Object.keys(under) as (keyof Training)[])
          if (!(name in over)) expect(result[name]).toEqual(under[name]);
      }),
    );
  });

  it("gives the same whether the overrides are merged first or last", () => {
    holds(
      fc.property(full, some, some, (under, run, attempt) => {
        const together = merged(run as Training, attempt);
        expect(merged(under, together)).toEqual(merged(merged(under, run), attempt));
      }),
    );
  });

  it("replaces lists and maps of strings whole, so that what is under can be taken away", () => {
    holds(
      fc.property(full, some, (under, over) => {
        const { nodeSelector, imagePullSecrets } = over.podTemplate ?? {};
        const result = merged<Training>(under, over).podTemplate;
        expect(result.nodeSelector).toEqual(nodeSelector ?? under.podTemplate.nodeSelector);
        expect(result.imagePullSecrets).toEqual(imagePullSecrets ?? under.podTemplate.imagePullSecrets);
      }),
    );
  });

  it("is still a valid training, and changes neither of the two", () => {
    holds(
      fc.property(full, some, (under, over) => {
        const before = structuredClone([under, over]);
        expect(training.parse(merged(under, over))).toEqual(merged(under, over));
        expect([under, over]).toEqual(before);
      }),
    );
  });

  it("tells a field set to zero, false or empty from one not set", () => {
    const under = { gpus: 1, on: true, queue: "gpu" };
    expect(merged(under, { gpus: 0, on: false, queue: "" })).toEqual({ gpus: 0, on: false, queue: "" });
  });

  it("takes a field's name for nothing but a name", () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": true}}');
    const result = merged({ a: 1 }, hostile) as Record<string, unknown>;
    expect(result.polluted).toBeUndefined();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("overrides", () => {
  it("add nothing to what is written", () => {
    holds(fc.property(some, (over) => void expect(overrides(training).parse(over)).toEqual(over)));
    expect(overrides(training).parse({})).toEqual({});
    expect(overrides(training).parse({ lora: {} })).toEqual({ lora: {} });
  });

  it("keep the bounds of every field", () => {
    expect(overrides(training).safeParse({ lora: { rank: 0 } }).success).toBe(false);
    expect(overrides(training).safeParse({ resources: { memory: "a lot" } }).success).toBe(false);
    expect(overrides(training).safeParse({ podTemplate: { tolerations: Array(33).fill({}) } }).success).toBe(false);
  });

  it("refuse a field that does not exist, at every depth", () => {
    expect(overrides(training).safeParse({ lorra: {} }).success).toBe(false);
    expect(overrides(training).safeParse({ lora: { rnak: 8 } }).success).toBe(false);
  });

  it("keep descriptions, so that kubectl explain says the same of a run's fields", () => {
    const described = overrides(training).shape as Record<string, z.ZodType>;
    for (const [name, field] of Object.entries(training.shape))
      expect(described[name]?.description).toBe(field.description);
  });

  it("leave a run's spec as it was written", () => {
    const spec = { policyRef: { name: "coder" }, optimization: { epochs: 1 } };
    expect(trainingRunSpec.parse(spec)).toEqual(spec);
  });

  it("take defaults off, however they are wrapped", () => {
    const wrapped = z.strictObject({
      a: z.int().default(1),
      b: z.strictObject({ c: z.int().default(2) }).prefault({}),
    });
    expect(overrides(wrapped).parse({ b: {} })).toEqual({ b: {} });
  });
});
