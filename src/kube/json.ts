/** Freezes plain JSON all the way down, so that one object can be handed to everybody without copying. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}

/** JSON with sorted keys: equal for equal values, however they were built. Absent and undefined are the same, as they are in JSON. */
export function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? "null"
  );
}

export const sameJson = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);
