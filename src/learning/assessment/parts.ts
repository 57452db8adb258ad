import type { Evidence } from "./port.ts";

/** One of several checks that make up a dimension. */
export interface Part {
  /** Named in `why` where it is low. */
  readonly name: string;
  readonly weight: number;
  readonly value: number;
}

/** The weighted mean of the checks that applied, the stronger the more of them. Undefined: none did. */
export function mean(
  name: string,
  parts: readonly (Part | undefined)[],
  strength: { readonly each: number; readonly most: number },
): Evidence | undefined {
  const applied = parts.filter((part) => part !== undefined);
  const total = applied.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return undefined;
  const value = applied.reduce((sum, part) => sum + part.weight * part.value, 0) / total;
  return {
    value,
    strength: Math.min(strength.most, strength.each * applied.length),
    because: `${name} ${value.toFixed(2)}: ${applied.map((part) => `${part.name} ${part.value.toFixed(2)}`).join(", ")}.`,
  };
}
