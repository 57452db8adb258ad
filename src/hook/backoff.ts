export interface Patience {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** A server that asks for more than this is taken at its word only so far. */
const LONGEST_RETRY_AFTER_MS = 300_000;

/** Exponential, capped, with jitter over its upper half: agents that failed together do not come back together. `failures` counts from 1. */
export function pauseAfter(failures: number, { firstMs, longestMs }: Patience, random: () => number): number {
  const whole = Math.min(longestMs, firstMs * 2 ** Math.min(Math.max(failures - 1, 0), 30));
  return whole * (0.5 + random() / 2);
}

/** `Retry-After` in milliseconds: seconds or an HTTP date (RFC 9110, 10.2.3); undefined when it is neither. */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS);
}
