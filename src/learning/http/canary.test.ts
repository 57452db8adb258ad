import { describe, expect, it, onTestFinished } from "vitest";
import { StoreUnavailable } from "../store/errors.ts";
import type { Store } from "../store/port.ts";
import { type ApiUnderTest, POLICY, startApi, TENANT } from "./testing/api-under-test.ts";

const CANARY = "CANARY-7f3a";
const ANY = /CANARY/;

describe("raw text", () => {
  const start = async (options: Parameters<typeof startApi>[0] = {}): Promise<ApiUnderTest> => {
    const api = await startApi(options);
    onTestFinished(() => api.close());
    return api;
  };
  const planted = (api: ApiUnderTest) =>
    api.interaction({
      sessionId: CANARY,
      subject: CANARY,
      repository: CANARY,
      input: CANARY,
      output: CANARY,
      reasoning: CANARY,
      history: [{ role: "user", content: CANARY }],
      code: [{ language: "go", path: CANARY, before: CANARY, after: CANARY }],
      context: { project: { name: CANARY, [CANARY]: CANARY }, environment: { os: CANARY } },
    });

  it("comes out nowhere, whichever way it goes in", async () => {
    const api = await start();
    const key = await api.key("agent", "admin");
    const item = planted(api);
    const at = item.at;
    const said: string[] = [];
    const post = async (url: string, body: unknown, headers = {}) => {
      const answer = await api.call("POST", url, {
        key,
        body: JSON.stringify(body),
        headers: { "content-type": "application/json", ...headers },
      });
      said.push(answer.body, JSON.stringify(answer.headers));
    };
    await post("/v1/interactions", { interactions: [item] });
    await post("/v1/interactions", { interactions: [{ ...item, output: `${CANARY} again` }] });
    await post("/v1/interactions", { interactions: [{ ...planted(api), [CANARY]: CANARY }, CANARY, { id: CANARY }] });
    await post("/v1/interactions", { interactions: [{ ...planted(api), servedModel: CANARY, kind: CANARY }] });
    await post("/v1/interactions", { [CANARY]: [] });
    await post("/v1/interactions", { interactions: [planted(api)] }, { "content-encoding": CANARY });
    await post(`/v1/${CANARY}`, {});
    await post("/v1/feedback", {
      feedback: [
        { id: api.id(), interactionId: item.id, at, type: "comment", text: CANARY },
        { id: api.id(), interactionId: item.id, at, type: CANARY, after: CANARY },
      ],
    });
    const event = {
      timestamp: at,
      userId: CANARY,
      modelName: "qi-coder",
      prompt: CANARY,
      completion: CANARY,
      sessionId: CANARY,
    };
    await post("/v1/continue", { name: "chatInteraction", schema: "0.2.0", data: event });
    await post("/v1/continue", { name: CANARY, schema: "0.2.0", data: event });
    await post("/v1/continue", { name: "chatInteraction", schema: "0.2.0", data: { ...event, timestamp: CANARY } });
    await post("/v1/erasures", { subject: CANARY });
    await api.call("GET", `/v1/interactions?session=${CANARY}&${CANARY}=${CANARY}`, { key });
    await api.call("GET", `/v1/interactions?session=${CANARY}`, { key: CANARY });

    expect(said.length).toBeGreaterThan(20);
    for (const text of [...said, ...api.logged]) expect(text).not.toMatch(ANY);
    expect((await api.call("GET", "/metrics")).body).not.toMatch(ANY);
    const stored = await api.store.interactions.query({ tenant: TENANT, policy: POLICY, limit: 100 });
    expect(stored.items.length).toBe(2);
    expect(JSON.stringify(stored)).not.toMatch(ANY);
    const tasks = await api.store.tasks.list(TENANT, "erasure", 10);
    expect(tasks.items).toHaveLength(1);
    expect(JSON.stringify(tasks)).not.toMatch(ANY);
  });

  it.each(["TooLarge", "TooSlow", "Failed", "InvalidPattern"] as const)(
    "is not stored when it could not be redacted: %s",
    async (reason) => {
      const api = await start();
      api.filter.refuse = reason;
      const answer = await api.call("POST", "/v1/interactions", {
        key: await api.key("agent"),
        body: { interactions: [planted(api)] },
      });
      expect(answer.json()).toMatchObject({
        results: [{ code: reason === "TooLarge" ? "TooLarge" : "NotRedactable" }],
      });
      expect(answer.body).not.toMatch(ANY);
      expect((await api.store.interactions.query({ tenant: TENANT, limit: 10 })).items).toEqual([]);
    },
  );

  it("does not come out with an error of the store's", async () => {
    const failing = (error: Error) => (store: Store) => ({
      ...store,
      interactions: {
        ...store.interactions,
        accept: async () => {
          throw error;
        },
      },
    });
    const cases = [
      [new Error(`invalid input: ${CANARY}`), 500],
      [new StoreUnavailable(`could not insert ${CANARY}`), 503],
    ] as const;
    for (const [error, status] of cases) {
      const api = await start({ around: failing(error) as (store: Store) => Store });
      const answer = await api.call("POST", "/v1/interactions", {
        key: await api.key("agent"),
        body: { interactions: [planted(api)] },
      });
      expect(answer.statusCode).toBe(status);
      for (const text of [answer.body, ...api.logged]) expect(text).not.toMatch(ANY);
      if (status === 500) expect(api.logged.join()).toContain('"route":"/v1/interactions"');
      if (status === 503) expect(answer.headers["retry-after"]).toBeDefined();
    }
  });
});
