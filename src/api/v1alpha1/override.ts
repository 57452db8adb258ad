import { z } from "zod";

/** Every field optional, at every depth. Lists are replaced whole. */
export type Overrides<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: Overrides<T[K]> }
    : T;

/**
 * The same schema made partial and without defaults. A default would be stored when the object is created, and
 * the policy underneath could never win.
 */
export function overrides<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
): z.ZodType<Overrides<z.output<z.ZodObject<Shape>>>, Overrides<z.output<z.ZodObject<Shape>>>> & z.ZodObject {
  const shape = Object.fromEntries(
    Object.entries(schema.shape).map(([name, field]) => [name, partial(field as z.ZodType)]),
  );
  // The compiler cannot follow a schema rebuilt at run time; the contract suite holds the result against the API server.
  return z.strictObject(shape).meta({ ...schema.meta() }) as never;
}

function partial(field: z.ZodType): z.ZodType {
  const description = field.description;
  let inner = field;
  while (
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodPrefault ||
    inner instanceof z.ZodOptional ||
    inner instanceof z.ZodExactOptional
  ) {
    inner = inner.unwrap() as z.ZodType;
  }
  const bare = inner instanceof z.ZodObject ? overrides(inner) : inner;
  const optional = bare.exactOptional();
  return description === undefined ? optional : optional.describe(description);
}

/** `over` over `under`, field by field; lists and maps of strings are replaced whole. */
export function merged<T>(under: T, over: Overrides<T> | undefined): T {
  if (over === undefined) return under;
  if (!isRecord(under) || !isRecord(over)) return over as T;
  const result = new Map(Object.entries(under));
  for (const [name, value] of Object.entries(over)) {
    if (value === undefined) continue;
    result.set(name, result.has(name) && !WHOLE.has(name) ? merged(result.get(name), value as never) : value);
  }
  return Object.fromEntries(result) as T;
}

/** Maps that users write as one value: merging them key by key would leave no way to drop a key. */
const WHOLE = new Set(["labels", "annotations", "nodeSelector"]);

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
