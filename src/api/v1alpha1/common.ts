import { z } from "zod";

/** API group and version of the three kinds. */
export const GROUP = "learning.qi.dev";
export const VERSION = "v1alpha1";
export const API_VERSION = `${GROUP}/${VERSION}`;

/** A CEL rule as the API server runs it; `message` is what the user reads when it does not hold. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
  readonly reason?: "FieldValueInvalid" | "FieldValueForbidden" | "FieldValueRequired";
}

/** Attaches CEL rules to a schema; the CRD generator copies them verbatim. */
export function validated<S extends z.ZodType>(schema: S, ...rules: CelRule[]): S {
  return schema.meta({ ...schema.meta(), "x-kubernetes-validations": rules });
}

/** A list that server-side apply merges by `keys`, so that two writers of different items don't erase each other. */
export function mapList<S extends z.ZodType>(schema: S, ...keys: string[]): S {
  return schema.meta({
    ...schema.meta(),
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": keys,
  });
}

/** A list that is replaced whole. */
export function atomicList<S extends z.ZodType>(schema: S): S {
  return schema.meta({ ...schema.meta(), "x-kubernetes-list-type": "atomic" });
}

/** The fields of `names` may neither change, nor appear, nor disappear: written at spec level, presence included. */
export function immutable(kind: string, names: readonly string[]): CelRule[] {
  return names.map((name) => ({
    rule: `has(self.${name}) == has(oldSelf.${name}) && (!has(self.${name}) || self.${name} == oldSelf.${name})`,
    message: `spec.${name} is immutable: create a new ${kind} instead`,
    fieldPath: `.${name}`,
    reason: "FieldValueForbidden",
  }));
}

export const objectName = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);

export const sha256 = z
  .string()
  .length(64)
  .regex(/^[0-9a-f]{64}$/);

/** Where an object lies: `s3://bucket/key`, or `file:///path` in development. */
export const objectUri = z
  .string()
  .max(1024)
  .regex(/^(s3:\/\/[a-z0-9][a-z0-9.-]{1,62}(\/[^\s]*)?|file:\/\/\/[^\s]+)$/);

/** A duration as Go writes it: `90s`, `15m`, `168h`, `1h30m`. */
export const duration = z
  .string()
  .min(2)
  .max(24)
  .regex(/^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/);

/** A resource quantity: `64Gi`, `500m`. */
export const quantity = z
  .string()
  .min(1)
  .max(32)
  .regex(/^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/);

export const timestamp = z.iso.datetime({ offset: true });

export const gpuResource = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[a-z0-9.-]+\/[A-Za-z0-9._-]+$/)
  .default("nvidia.com/gpu")
  .describe("The extended resource under which nodes offer GPUs.");

export const fraction = z.number().min(0).max(1);

export const policyRef = z
  .strictObject({ name: objectName.describe("Name of a QualityPolicy in the same namespace.") })
  .describe("The QualityPolicy this belongs to.");

export const condition = z
  .strictObject({
    type: z.string().min(1).max(64).describe("What the condition is about, in UpperCamelCase."),
    status: z.enum(["True", "False", "Unknown"]).describe("Whether it holds; Unknown while it cannot be told."),
    observedGeneration: z.int().min(0).exactOptional().describe("metadata.generation that this was decided for."),
    lastTransitionTime: timestamp.describe("When status last changed."),
    reason: z.string().min(1).max(128).describe("The reason in one UpperCamelCase word, from an enumerated list."),
    message: z.string().max(1024).describe("The reason in a sentence, with what to do about it."),
  })
  .describe("One aspect of the object's state.");

export const conditions = mapList(
  z
    .array(condition)
    .max(16)
    .describe("The latest observations of the object's state; phase and message are derived from these."),
  "type",
);

/** What every status begins with. */
export const statusHead = {
  observedGeneration: z.int().min(0).exactOptional().describe("metadata.generation that this status was made for."),
  message: z
    .string()
    .max(1024)
    .exactOptional()
    .describe("One sentence on what is happening, and what to do if something is wrong."),
  conditions: conditions.exactOptional(),
};

export type Condition = z.output<typeof condition>;

/** In Hugging Face layout: what is trained, and what a version without training serves. */
export const baseModel = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(63)
      .regex(/^[a-z0-9][a-z0-9._-]*$/)
      .exactOptional()
      .describe("The model's name, as it stands in lineage: qwen3-8b."),
    uri: objectUri.describe("Folder of the model in Hugging Face layout (config.json, tokenizer.json, *.safetensors)."),
    thinking: z
      .enum(["Hybrid", "Thinking", "NonThinking"])
      .exactOptional()
      .describe("Whether the model thinks before it answers: Hybrid can be told either way per request (default)."),
  })
  .describe("The model that training starts from.");
