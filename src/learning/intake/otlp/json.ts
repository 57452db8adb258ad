import { z } from "zod";
import { type Attributes, isSpanId, isTraceId, MAX_DEPTH, milliseconds, type Spans, UnreadableExport } from "./span.ts";

const nanoseconds = z
  .union([z.string().regex(/^\d{1,20}$/), z.int().min(0)])
  .transform((value) => milliseconds(BigInt(value)));
const keyValues = z
  .array(z.object({ key: z.string(), value: z.unknown() }))
  .default([])
  .transform((list): Attributes => new Map(list.map(({ key, value }) => [key, plain(value, 0)])));

const span = z.object({
  // Hex, not base64 as in other protobuf JSON.
  traceId: z.string().toLowerCase().refine(isTraceId),
  spanId: z.string().toLowerCase().refine(isSpanId),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes: keyValues,
  events: z
    .array(z.object({ name: z.string().default(""), timeUnixNano: nanoseconds, attributes: keyValues }))
    .default([]),
});

const request = z.object({
  resourceSpans: z
    .array(
      z.object({
        scopeSpans: z.array(z.object({ spans: z.array(z.unknown()).default([]) })).default([]),
      }),
    )
    .default([]),
});

/** ExportTraceServiceRequest as OTLP/HTTP has it in JSON. One bad span leaves the others alone. */
export function spansOfJson(body: unknown): Spans {
  const { success, data } = request.safeParse(body);
  if (!success) throw new UnreadableExport("the body is not an ExportTraceServiceRequest");
  let unreadable = 0;
  const spans = data.resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))
    .flatMap((raw) => {
      const parsed = span.safeParse(raw);
      if (!parsed.success) {
        unreadable += 1;
        return [];
      }
      const { traceId, spanId, startTimeUnixNano: start, endTimeUnixNano: end, attributes, events } = parsed.data;
      return [
        {
          traceId,
          spanId,
          start,
          end,
          attributes,
          events: events.map(({ name, timeUnixNano: at, attributes: of }) => ({ name, at, attributes: of })),
        },
      ];
    });
  return { spans, unreadable };
}

const anyValue = z.object({
  stringValue: z.string().optional(),
  boolValue: z.boolean().optional(),
  intValue: z.union([z.string().max(20), z.number()]).optional(),
  doubleValue: z.number().optional(),
  arrayValue: z.object({ values: z.array(z.unknown()).default([]) }).optional(),
  kvlistValue: z.object({ values: z.array(z.object({ key: z.string(), value: z.unknown() })).default([]) }).optional(),
});

/** An AnyValue as the JSON it stands for; undefined where it stands for none. */
function plain(value: unknown, depth: number): unknown {
  const { success, data } = anyValue.safeParse(value);
  if (!success || depth > MAX_DEPTH) return undefined;
  if (data.stringValue !== undefined) return data.stringValue;
  if (data.boolValue !== undefined) return data.boolValue;
  if (data.intValue !== undefined) return Number(data.intValue);
  if (data.doubleValue !== undefined) return data.doubleValue;
  if (data.arrayValue !== undefined) return data.arrayValue.values.map((of) => plain(of, depth + 1));
  if (data.kvlistValue === undefined) return undefined;
  return Object.fromEntries(data.kvlistValue.values.map(({ key, value: of }) => [key, plain(of, depth + 1)]));
}
