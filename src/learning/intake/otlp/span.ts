/** What is read of a span, however it came (opentelemetry-proto 1.x, `trace.proto`). */
export interface Span {
  /** Lower-case hex. */
  readonly traceId: string;
  readonly spanId: string;
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
}

export interface SpanEvent {
  readonly name: string;
  readonly at: number;
  readonly attributes: Attributes;
}

/** Values as plain JSON. */
export type Attributes = ReadonlyMap<string, unknown>;

/** Spans that could be read, and how many could not. */
export interface Spans {
  readonly spans: readonly Span[];
  readonly unreadable: number;
}

/** The body as a whole is not what it says it is. The message is in our words. */
export class UnreadableExport extends Error {
  override readonly name = "UnreadableExport";
}

/** Attributes may nest; deeper than this nobody means. */
export const MAX_DEPTH = 32;

const NANOSECONDS = 1_000_000n;
export const milliseconds = (nanoseconds: bigint) => Number(nanoseconds / NANOSECONDS);

export const isTraceId = (hex: string) => /^[0-9a-f]{32}$/.test(hex) && !/^0+$/.test(hex);
export const isSpanId = (hex: string) => /^[0-9a-f]{16}$/.test(hex) && !/^0+$/.test(hex);
