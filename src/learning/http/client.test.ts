import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LearningApiError, type LearningClient, learningClient } from "../../clients/learning.ts";
import { type ApiUnderTest, POLICIES, POLICY, ratingOf, startApi } from "./testing/api-under-test.ts";

describe("the learning API's client", () => {
  let api: ApiUnderTest;
  let client: LearningClient;
  let url: string;
  const { signal } = new AbortController();
  beforeAll(async () => {
    api = await startApi();
    url = await api.app.listen({ host: "127.0.0.1", port: 0 });
    const key = await api.key("admin");
    client = learningClient({ url, credential: () => key });
  });
  afterAll(() => api.close());

  it("sends, asks and understands every answer", async () => {
    const item = api.interaction({ subject: "ann" });
    expect((await client.interactions([item], signal)).results).toEqual([{ id: item.id, status: 201 }]);
    expect((await client.feedback([ratingOf(api, item.id)], signal)).results[0]?.status).toBe(201);
    expect((await client.query({ limit: 1 }, signal)).items[0]?.id).toBe(item.id);
    expect((await client.interaction(item.id, signal)).feedback).toHaveLength(1);
    expect(await client.putPolicies(POLICIES, signal)).toMatchObject({ outcome: "unchanged" });
    expect((await client.summary({ policy: POLICY }, signal)).threshold).toBe(0.7);
    expect((await client.trend({ policy: POLICY, bucket: "1h" }, signal)).rows).toEqual([]);
    expect((await client.analysis({ policy: POLICY }, signal)).findings).toEqual([]);
    expect((await client.queue(signal)).waiting).toBe(1);
    const { id } = await client.buildDataset({ policy: POLICY }, signal);
    expect((await client.task(id, signal)).state).toBe("waiting");
    expect((await client.datasets({}, signal)).items).toEqual([]);
    const erasure = await client.erase({ subject: "bob" }, signal);
    expect(await client.erasure(erasure.id, signal)).toEqual(erasure);
  });

  it("says what was refused, why, and whether trying again can help", async () => {
    const refusal = await client.dataset("0".repeat(64), signal).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(LearningApiError);
    expect(refusal).toMatchObject({ status: 404, code: "NotFound", retryable: false });
    expect(String(refusal)).toContain(`GET /v1/datasets/${"0".repeat(64)}: the learning API answered 404 NotFound`);
    const unknown = learningClient({ url, credential: () => "qil_x" });
    await expect(unknown.queue(signal)).rejects.toMatchObject({ status: 401, code: "Unauthenticated" });
  });

  it("stops when it is told to", async () => {
    await expect(client.queue(AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
  });
});
