const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A Go duration (`1h30m`, `90s`) in milliseconds. Throws on anything the API schema would not have let in. */
export function milliseconds(text: string): number {
  if (!/^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/.test(text))
    throw new Error(`${JSON.stringify(text)} is not a duration such as 90s or 1h30m`);
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)/g)) {
    total += Number(amount) * (UNITS[unit ?? ""] ?? Number.NaN);
  }
  return total;
}

/** The same in whole seconds, rounded up: Kubernetes' deadlines have no fractions, and none may come out as zero. */
export function seconds(text: string): number {
  return Math.max(1, Math.ceil(milliseconds(text) / 1000));
}
