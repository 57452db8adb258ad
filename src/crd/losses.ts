import type { z } from "zod";

/**
 * What `z.toJSONSchema` would drop without a word, in words; undefined where it drops nothing.
 * A rule that zod keeps and the server does not know is a rule that `kubectl apply` does not tell anyone about.
 */
export function lossOf(schema: z.core.$ZodType): string | undefined {
  for (const loss of LOSSES) {
    const found = loss(schema as z.core.$ZodTypes);
    if (found !== undefined) return found;
  }
  return undefined;
}

type Loss = (schema: z.core.$ZodTypes) => string | undefined;

const LOSSES: readonly Loss[] = [
  ({ _zod: { def } }) =>
    def.type === "intersection" ? "an intersection would be merged by guesswork: extend the object instead" : undefined,

  ({ _zod: { def } }) =>
    def.type === "pipe" || def.type === "transform" || def.type === "catch" || ("coerce" in def && def.coerce === true)
      ? "a transformation happens in no API server: take the value as it is written"
      : undefined,

  ({ _zod: { def } }) =>
    def.type === "object" && def.catchall !== undefined && def.catchall._zod.def.type !== "never"
      ? "additionalProperties beside properties are pruned: make the open part a field of its own"
      : undefined,

  ({ _zod: { def } }) =>
    def.type === "record" && !isPlainString(def.keyType)
      ? "a map's keys cannot be constrained by a schema: use a CEL rule"
      : undefined,

  ({ _zod: { def } }) => checks(def).map(lostCheck).find(Boolean),
];

function lostCheck(check: z.core.$ZodChecks): string | undefined {
  const { def } = check._zod as { def: { check: string; pattern?: RegExp } };
  if (def.check === "custom") return "a refinement runs in no API server: write it as a CEL rule";
  if (def.check === "overwrite") return "a transformation happens in no API server: take the value as it is written";
  if (def.pattern !== undefined && /[ims]/.test(def.pattern.flags))
    return `a pattern's flags (${def.pattern.flags}) do not reach the server: write them into the pattern`;
  return undefined;
}

function isPlainString(schema: z.core.$ZodType): boolean {
  const { def } = schema._zod;
  return def.type === "string" && checks(def).length === 0 && !("format" in def);
}

function checks(def: { checks?: unknown }): readonly z.core.$ZodChecks[] {
  return (def.checks ?? []) as readonly z.core.$ZodChecks[];
}
