import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { batchResult, problem } from "../../api/learning/results.ts";
import { type ApiUnderTest, startApi } from "./testing/api-under-test.ts";

const JSON_TYPE = { "content-type": "application/json" };

describe("bodies that are not what they should be", () => {
  let api: ApiUnderTest;
  let key: string;
  beforeAll(async () => {
    api = await startApi({ limits: { itemBurst: 1e9, requestBurst: 1e9 } });
    key = await api.key("agent", "analyst", "operator", "admin");
  });
  afterAll(() => api.close());

  const send = async (body: string | Buffer, headers: Record<string, string> = JSON_TYPE, url = "/v1/interactions") => {
    const answer = await api.call("POST", url, { key, body, headers });
    return { status: answer.statusCode, code: problem.parse(answer.json()).code, text: answer.body };
  };

  it.each<[string, string | Buffer, Record<string, string>, number, string]>([
    ["no JSON", '{"interactions": [hunter2', JSON_TYPE, 400, "Invalid"],
    ["nothing", "", JSON_TYPE, 400, "Invalid"],
    ["no list", '{"interactions": {}}', JSON_TYPE, 400, "Invalid"],
    ["another shape", '"hunter2"', JSON_TYPE, 400, "Invalid"],
    ["null", "null", JSON_TYPE, 400, "Invalid"],
    ["no items", '{"interactions": []}', JSON_TYPE, 400, "Invalid"],
    ["too many items", `{"interactions": [${Array(501).fill("1").join()}]}`, JSON_TYPE, 400, "Invalid"],
    ["fields beside the list", '{"interactions": [1], "hunter2": 1}', JSON_TYPE, 400, "Invalid"],
    ["__proto__", '{"interactions": [{"__proto__": {"x": 1}}]}', JSON_TYPE, 400, "Invalid"],
    ["constructor", '{"interactions": [{"constructor": {"prototype": {}}}]}', JSON_TYPE, 400, "Invalid"],
    ["bytes that are no UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), JSON_TYPE, 400, "Invalid"],
    ["deep nesting", `{"interactions": [${"[".repeat(100_000)}${"]".repeat(100_000)}]}`, JSON_TYPE, 400, "Invalid"],
    ["many empty values", `{"interactions": [${"[],".repeat(600_000)}1]}`, JSON_TYPE, 413, "TooLarge"],
    ["too many bytes", Buffer.alloc(8_388_609, 0x20), JSON_TYPE, 413, "TooLarge"],
    ["plain text", "hunter2", { "content-type": "text/plain" }, 415, "UnsupportedMediaType"],
    ["a form", "a=hunter2", { "content-type": "application/x-www-form-urlencoded" }, 415, "UnsupportedMediaType"],
    ["no type", "{}", { "content-type": "" }, 415, "UnsupportedMediaType"],
    ["brotli", "{}", { ...JSON_TYPE, "content-encoding": "br" }, 415, "UnsupportedMediaType"],
    ["no gzip", "hunter2", { ...JSON_TYPE, "content-encoding": "gzip" }, 400, "Invalid"],
    [
      "a gzip bomb",
      gzipSync(Buffer.alloc(64 << 20, 0x20)),
      { ...JSON_TYPE, "content-encoding": "gzip" },
      413,
      "TooLarge",
    ],
  ])("are refused: %s", async (_, body, headers, status, code) => {
    const answer = await send(body, headers);
    expect(answer).toMatchObject({ status, code });
    expect(answer.text).not.toContain("hunter2");
  });

  it("are read when they are gzipped", async () => {
    const body = gzipSync(JSON.stringify({ interactions: [api.interaction()] }));
    const headers = { ...JSON_TYPE, "content-encoding": "gzip" };
    const answer = await api.call("POST", "/v1/interactions", { key, body, headers });
    expect(batchResult.parse(answer.json()).results[0]?.status).toBe(201);
  });

  it.each([
    ["/v1/interactions?limit=0", "Invalid"],
    ["/v1/interactions?limit=501", "Invalid"],
    ["/v1/interactions?limit=many", "Invalid"],
    ["/v1/interactions?cursor=garbage", "InvalidCursor"],
    [`/v1/interactions?cursor=${"x".repeat(2000)}`, "Invalid"],
    ["/v1/interactions?hunter2=1", "Invalid"],
    ["/v1/interactions?from=yesterday", "Invalid"],
    ["/v1/interactions?kind=hunter2", "Invalid"],
    ["/v1/interactions?minOverall=2", "Invalid"],
    ["/v1/interactions/hunter2", "Invalid"],
    ["/v1/interactions/%ff", "Invalid"],
    ["/v1/datasets?cursor=garbage", "InvalidCursor"],
    ["/v1/datasets/hunter2", "Invalid"],
    ["/v1/queue/dead?cursor=garbage", "InvalidCursor"],
    ["/v1/quality/summary", "Invalid"],
    ["/v1/quality/summary?policy=hunter2", "Invalid"],
    ["/v1/quality/summary?policy=team/other", "NotFound"],
    ["/v1/quality/trend?policy=team/coder&bucket=2h", "Invalid"],
    ["/v1/quality/trend?policy=team/coder&from=2020-01-01T00:00:00Z", "Invalid"],
    ["/v1/quality/trend?policy=team/coder&from=2026-06-16T00:00:00Z", "Invalid"],
    ["/v1/nothing", "NotFound"],
  ])("GET %s answers %s", async (url, code) => {
    const answer = await api.call("GET", url, { key });
    expect(problem.parse(answer.json()).code, answer.body).toBe(code);
    expect(answer.body).not.toContain("hunter2");
  });

  it("never make a failure of ours, whatever they are", async () => {
    const paths = [
      ["POST", "/v1/interactions"],
      ["POST", "/v1/feedback"],
      ["POST", "/v1/continue"],
      ["POST", "/v1/otlp/v1/traces"],
      ["POST", "/v1/datasets"],
      ["POST", "/v1/erasures"],
      ["POST", "/v1/keys"],
      ["POST", "/v1/lineage"],
      ["POST", "/v1/queue/dead/replay"],
      ["PUT", "/v1/policies"],
    ] as const;
    const shaped = fc.oneof(
      fc.jsonValue(),
      fc.jsonValue().map((value) => ({ interactions: [value, { ...api.interaction(), context: value }] })),
      fc.jsonValue().map((value) => ({ feedback: [value, { ...api.interaction(), type: "edit", after: value }] })),
      fc.jsonValue().map((value) => ({ resourceSpans: [{ scopeSpans: [{ spans: [value, { attributes: value }] }] }] })),
      fc.jsonValue().map((data) => ({ name: "chatInteraction", schema: "0.2.0", data })),
      fc.jsonValue().map((policies) => ({ revision: 2, policies })),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), shaped, async ([method, url], body) => {
        const answer = await api.call(method, url, { key, body: JSON.stringify(body), headers: JSON_TYPE });
        expect(answer.statusCode, answer.body).toBeLessThan(500);
      }),
      { numRuns: 500 },
    );
  });

  it("never make a failure of ours when they are bytes that say they are protobuf", async () => {
    const headers = { "content-type": "application/x-protobuf" };
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const answer = await api.call("POST", "/v1/otlp/v1/traces", { key, body: Buffer.from(bytes), headers });
        expect([200, 400]).toContain(answer.statusCode);
      }),
      { numRuns: 300 },
    );
  });
});
