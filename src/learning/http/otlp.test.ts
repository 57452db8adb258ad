import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { spansOfJson } from "../intake/otlp/json.ts";
import { exportResponse, spansOfProtobuf } from "../intake/otlp/protobuf.ts";
import { type ApiUnderTest, MODEL, startApi, TENANT } from "./testing/api-under-test.ts";

/** One span, as protobufjs encodes it by opentelemetry-proto's `trace.proto`; the same as `SPAN` below. */
const PROTOBUF = Buffer.from(
  "Ct8FChkKFwoMc2VydmljZS5uYW1lEgcKBWFnZW50EsEFEpUFChBL+S81d7NNpqPOkp0ODkc2EggA8GeqC6kCtyoNY2hhdCBxaS1jb2RlcjADOQB/nmnyQLkYQQB4of7yQLkYSh8KFWdlbl9haS5vcGVyYXRpb24ubmFtZRIGCgRjaGF0SiIKFGdlbl9haS5yZXF1ZXN0Lm1vZGVsEgoKCHFpLWNvZGVySh8KGWdlbl9haS51c2FnZS5pbnB1dF90b2tlbnMSAhg0SjAKI2dlbl9haS5yZXNwb25zZS50aW1lX3RvX2ZpcnN0X2NodW5rEgkhAAAAAAAA0D9KIgoWZ2VuX2FpLmNvbnZlcnNhdGlvbi5pZBIICgZjb252LTFKcQoVZ2VuX2FpLmlucHV0Lm1lc3NhZ2VzElgqVgpUMlIKDgoEcm9sZRIGCgR1c2VyCkAKBXBhcnRzEjcqNQozMjEKDgoEdHlwZRIGCgR0ZXh0Ch8KB2NvbnRlbnQSFAoSR3LDtsOfZSBzb3J0aWVyZW4/SqEBChZnZW5fYWkub3V0cHV0Lm1lc3NhZ2VzEoYBKoMBCoABMn4KEwoEcm9sZRILCglhc3Npc3RhbnQKZwoFcGFydHMSXipcCisyKQoTCgR0eXBlEgsKCXJlYXNvbmluZwoSCgdjb250ZW50EgcKBUVhc3kuCi0yKwoOCgR0eXBlEgYKBHRleHQKGQoHY29udGVudBIOCgxXaXRoIHNvcnQoKS5adwkAeKH+8kC5GBIYZ2VuX2FpLmV2YWx1YXRpb24ucmVzdWx0GiYKFmdlbl9haS5ldmFsdWF0aW9uLm5hbWUSDAoKYWNjZXB0YW5jZRoqCh1nZW5fYWkuZXZhbHVhdGlvbi5zY29yZS52YWx1ZRIJIQAAAAAAAPA/egIYAYUBAQEAABonaHR0cHM6Ly9vcGVudGVsZW1ldHJ5LmlvL3NjaGVtYXMvMS4zNy4w",
  "base64",
);

const text = (stringValue: string) => ({ stringValue });
const list = (...values: object[]) => ({ arrayValue: { values } });
const pairs = (of: Record<string, object>) => Object.entries(of).map(([key, value]) => ({ key, value }));
const record = (of: Record<string, object>) => ({ kvlistValue: { values: pairs(of) } });
const part = (type: string, content: string) => record({ type: text(type), content: text(content) });
const END = Date.UTC(2026, 5, 15, 12, 29);

const SPAN = {
  traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
  spanId: "00f067aa0ba902b7",
  name: "chat qi-coder",
  kind: 3,
  startTimeUnixNano: `${END - 2500}000000`,
  endTimeUnixNano: `${END}000000`,
  attributes: pairs({
    "gen_ai.operation.name": text("chat"),
    "gen_ai.request.model": text(MODEL),
    "gen_ai.usage.input_tokens": { intValue: "52" },
    "gen_ai.response.time_to_first_chunk": { doubleValue: 0.25 },
    "gen_ai.conversation.id": text("conv-1"),
    "gen_ai.input.messages": list(record({ role: text("user"), parts: list(part("text", "Größe sortieren?")) })),
    "gen_ai.output.messages": list(
      record({ role: text("assistant"), parts: list(part("reasoning", "Easy."), part("text", "With sort().")) }),
    ),
  }),
  events: [
    {
      name: "gen_ai.evaluation.result",
      timeUnixNano: `${END}000000`,
      attributes: pairs({
        "gen_ai.evaluation.name": text("acceptance"),
        "gen_ai.evaluation.score.value": { doubleValue: 1 },
      }),
    },
  ],
};
const exported = (...spans: unknown[]) => ({ resourceSpans: [{ resource: {}, scopeSpans: [{ scope: {}, spans }] }] });
const changed = (attributes: Record<string, object | undefined>, rest: object = {}) => ({
  ...SPAN,
  ...rest,
  attributes: [
    ...SPAN.attributes.filter(({ key }) => !(key in attributes)),
    ...Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }])),
  ],
});

describe("OTLP", () => {
  it("says the same in protobuf and in JSON", () => {
    expect(spansOfProtobuf(PROTOBUF, 1000)).toEqual(spansOfJson(exported(SPAN)));
  });

  it("is refused in protobuf when it ends early, wherever", () => {
    for (let end = 1; end < PROTOBUF.length; end++) {
      expect(() => spansOfProtobuf(PROTOBUF.subarray(0, end), 1000), `cut at ${end}`).toThrow("the body ends");
    }
  });

  it("is refused in protobuf when it would be far larger in memory", () => {
    const spans = Buffer.alloc(10_000, Buffer.from([0x12, 0x00]));
    const body = Buffer.concat([Buffer.from([0x0a, 0x90, 0x4e]), spans]);
    expect(() => spansOfProtobuf(body, 1000)).toThrow("too many fields");
  });

  it("is answered as protobufjs would", () => {
    expect(Buffer.from(exportResponse(300, "why")).toString("hex")).toBe("0a0808ac021203776879");
    expect(exportResponse(0, "")).toHaveLength(0);
  });
});

describe("POST /v1/otlp/v1/traces", () => {
  let api: ApiUnderTest;
  beforeEach(async () => {
    api = await startApi();
  });
  afterEach(() => api.close());

  const send = async (body: object | Buffer, headers: Record<string, string> = {}) => {
    const answer = await api.call("POST", "/v1/otlp/v1/traces", { key: await api.key("agent"), body, headers });
    expect(answer.statusCode, answer.body).toBe(200);
    return answer;
  };
  const stored = async () => (await api.store.interactions.query({ tenant: TENANT, limit: 100 })).items;

  it("stores a model's answer and what was said of it, once", async () => {
    expect((await send(exported(SPAN))).json()).toEqual({});
    expect((await send(exported(SPAN))).json()).toEqual({});
    expect(await stored()).toMatchObject([
      {
        interaction: {
          facts: { at: END, kind: "prompt", servedModel: MODEL, thinking: true },
          content: {
            input: "Größe sortieren?",
            output: "With sort().",
            reasoning: "Easy.",
            usage: { promptTokens: 52, timeToFirstTokenMs: 250, durationMs: 2500 },
          },
        },
        feedback: [{ feedback: { type: "acceptance", accepted: true } }],
      },
    ]);
  });

  it.each([
    ["plain", PROTOBUF, {}],
    ["gzipped", gzipSync(PROTOBUF), { "content-encoding": "gzip" }],
  ])("takes protobuf, %s, for the same", async (_, body, headers) => {
    await send(exported(SPAN));
    const answer = await send(body, { "content-type": "application/x-protobuf", ...headers });
    expect(answer.headers["content-type"]).toBe("application/x-protobuf");
    expect(answer.rawPayload).toHaveLength(0);
    expect(await stored()).toHaveLength(1);
  });

  it("reads messages that came as JSON text, the system's instructions and the turns before", async () => {
    const input = [
      { role: "user", parts: [{ type: "text", content: "Weather?" }] },
      { role: "assistant", parts: [{ type: "tool_call", id: "1", name: "weather", arguments: {} }] },
      { role: "tool", parts: [{ type: "tool_call_response", id: "1", response: "rainy" }] },
      { role: "assistant", parts: [{ type: "text", content: "Rain." }] },
      { role: "user", parts: [{ type: "text", content: "And now?" }] },
    ];
    const span = changed({
      "gen_ai.system_instructions": text(JSON.stringify([{ type: "text", content: "Be brief." }])),
      "gen_ai.input.messages": text(JSON.stringify(input)),
    });
    await send(exported(span));
    expect((await stored())[0]?.interaction.content).toMatchObject({
      input: "And now?",
      history: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Weather?" },
        { role: "tool", content: "rainy" },
        { role: "assistant", content: "Rain." },
      ],
    });
  });

  it("reads texts that stand on the details event", async () => {
    const attributes = SPAN.attributes.filter(({ key }) => key.endsWith("messages"));
    const details = { name: "gen_ai.client.inference.operation.details", timeUnixNano: "0", attributes };
    const bare = { "gen_ai.input.messages": undefined, "gen_ai.output.messages": undefined };
    await send(exported(changed(bare, { events: [details] })));
    expect((await stored())[0]?.interaction.content.output).toBe("With sort().");
  });

  it.each<[string, object]>([
    ["of another operation", changed({ "gen_ai.operation.name": text("execute_tool") })],
    ["of no model at all", { ...SPAN, attributes: pairs({ "http.method": text("GET") }) }],
    ["without text", changed({ "gen_ai.output.messages": undefined })],
    [
      "that only calls a tool",
      changed({ "gen_ai.output.messages": text('[{"role":"assistant","parts":[{"type":"tool_call","name":"x"}]}]') }),
    ],
    ["with text that is no message", changed({ "gen_ai.output.messages": text("[{") })],
    ["with messages of nothing but brackets", changed({ "gen_ai.output.messages": text("[".repeat(200_000)) })],
  ])("takes a span %s and leaves it at that", async (_, span) => {
    expect((await send(exported({ ...span, events: [] }))).json()).toEqual({});
    expect(await stored()).toEqual([]);
  });

  it("rejects spans one by one, and says how many and why", async () => {
    const other = changed({ "gen_ai.request.model": text("other") }, { spanId: "00f067aa0ba902b8", events: [] });
    const answer = await send(exported(SPAN, { ...SPAN, traceId: "0".repeat(32) }, 7, other));
    expect(answer.json()).toEqual({
      partialSuccess: {
        rejectedSpans: "3",
        errorMessage:
          "Invalid: a span without ids or times; UnknownModel: servedModel: no QualityPolicy serves this model",
      },
    });
    expect(await stored()).toHaveLength(1);
  });

  it("takes more spans at once than a batch has items", async () => {
    const spans = Array.from({ length: 600 }, (_, n) => ({
      ...SPAN,
      spanId: (n + 1).toString(16).padStart(16, "0"),
      events: [],
    }));
    expect((await send(exported(...spans))).json()).toEqual({});
    expect(await api.store.work.figures(api.clock.now())).toMatchObject({ waiting: 600 });
  });
});
