import { isSpanId, isTraceId, MAX_DEPTH, milliseconds, type Span, type SpanEvent, type Spans } from "./span.ts";
import { encodeBytes, encodeCountAndText, FieldBudget, fieldsOf, textOf } from "./wire.ts";

type Attribute = readonly [key: string, value: unknown];

/** ExportTraceServiceRequest as OTLP/HTTP has it in protobuf. Only the fields that are used are looked into. */
export function spansOfProtobuf(body: Uint8Array, maxFields: number): Spans {
  const budget = new FieldBudget(maxFields);
  const spans: Span[] = [];
  let unreadable = 0;
  for (const resourceSpans of messagesIn(body, 1, budget)) {
    for (const scopeSpans of messagesIn(resourceSpans, 2, budget)) {
      for (const message of messagesIn(scopeSpans, 2, budget)) {
        const span = spanOf(message, budget);
        if (isTraceId(span.traceId) && isSpanId(span.spanId)) spans.push(span);
        else unreadable += 1;
      }
    }
  }
  return { spans, unreadable };
}

/** ExportTraceServiceResponse: empty when all was well, else how many spans were refused and why. */
export function exportResponse(rejected: number, message: string): Uint8Array {
  return rejected === 0 ? new Uint8Array() : encodeBytes(1, encodeCountAndText(rejected, message));
}

function* messagesIn(message: Uint8Array, number: number, budget: FieldBudget): Generator<Uint8Array> {
  for (const field of fieldsOf(message, budget)) {
    if (field.number === number && field.type === "bytes") yield field.value;
  }
}

function spanOf(message: Uint8Array, budget: FieldBudget): Span {
  const ids = { traceId: "", spanId: "" };
  const times = { start: 0, end: 0 };
  const attributes: Attribute[] = [];
  const events: SpanEvent[] = [];
  for (const field of fieldsOf(message, budget)) {
    if (field.type === "bytes") {
      if (field.number === 1) ids.traceId = Buffer.from(field.value).toString("hex");
      if (field.number === 2) ids.spanId = Buffer.from(field.value).toString("hex");
      if (field.number === 9) attributes.push(keyValueOf(field.value, budget, 0));
      if (field.number === 11) events.push(eventOf(field.value, budget));
    } else if (field.type === "fixed64") {
      if (field.number === 7) times.start = timeOf(field.value);
      if (field.number === 8) times.end = timeOf(field.value);
    }
  }
  return { ...ids, ...times, attributes: new Map(attributes), events };
}

function eventOf(message: Uint8Array, budget: FieldBudget): SpanEvent {
  let name = "";
  let at = 0;
  const attributes: Attribute[] = [];
  for (const field of fieldsOf(message, budget)) {
    if (field.type === "fixed64" && field.number === 1) at = timeOf(field.value);
    if (field.type === "bytes" && field.number === 2) name = textOf(field.value);
    if (field.type === "bytes" && field.number === 3) attributes.push(keyValueOf(field.value, budget, 0));
  }
  return { name, at, attributes: new Map(attributes) };
}

function keyValueOf(message: Uint8Array, budget: FieldBudget, depth: number): Attribute {
  let key = "";
  let value: unknown;
  for (const field of fieldsOf(message, budget)) {
    if (field.type === "bytes" && field.number === 1) key = textOf(field.value);
    if (field.type === "bytes" && field.number === 2) value = anyValueOf(field.value, budget, depth);
  }
  return [key, value];
}

/** An AnyValue as the JSON it stands for; undefined where it stands for none. */
function anyValueOf(message: Uint8Array, budget: FieldBudget, depth: number): unknown {
  let value: unknown;
  if (depth > MAX_DEPTH) return value;
  for (const field of fieldsOf(message, budget)) {
    if (field.type === "varint") {
      if (field.number === 2) value = field.value !== 0n;
      if (field.number === 3) value = Number(BigInt.asIntN(64, field.value));
    } else if (field.type === "fixed64") {
      if (field.number === 4) value = field.value.getFloat64(0, true);
    } else if (field.type === "bytes") {
      if (field.number === 1) value = textOf(field.value);
      if (field.number === 5) {
        value = [...messagesIn(field.value, 1, budget)].map((of) => anyValueOf(of, budget, depth + 1));
      }
      if (field.number === 6) {
        value = Object.fromEntries(
          [...messagesIn(field.value, 1, budget)].map((of) => keyValueOf(of, budget, depth + 1)),
        );
      }
    }
  }
  return value;
}

const timeOf = (view: DataView) => milliseconds(view.getBigUint64(0, true));
