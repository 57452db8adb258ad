import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { datasetPage, datasetView } from "../../api/learning/datasets.ts";
import { erasure } from "../../api/learning/erasures.ts";
import { interactionPage, interactionView } from "../../api/learning/interaction-view.ts";
import { createdKey, keyList } from "../../api/learning/keys.ts";
import { policySet } from "../../api/learning/policies.ts";
import { policyResult } from "../../api/learning/policy-result.ts";
import { analysis, calibration, summary, thresholds, trend } from "../../api/learning/quality.ts";
import { deadPage, queueFigures, replayResult } from "../../api/learning/queue.ts";
import { problem } from "../../api/learning/results.ts";
import { TASK_INPUTS, task } from "../../api/learning/tasks.ts";
import { keyedHasher } from "../intake/keyed-hash.ts";
import type { Scored } from "../store/port.ts";
import { type ApiUnderTest, MODEL, POLICY, ratingOf, SECRET, startApi, TENANT } from "./testing/api-under-test.ts";

let api: ApiUnderTest;
let key: string;
beforeEach(async () => {
  api = await startApi();
  key = await api.key("admin");
});
afterEach(() => api.close());

const get = async (url: string) => {
  const answer = await api.call("GET", url, { key });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json<unknown>();
};
const send = (method: "POST" | "PUT" | "DELETE", url: string, body?: unknown) => api.call(method, url, { key, body });
const refusal = (answer: { json(): unknown }) => problem.parse(answer.json()).code;

const stored = async (rest: Parameters<ApiUnderTest["interaction"]>[0] = {}) => {
  const item = api.interaction(rest);
  const answer = await send("POST", "/v1/interactions", { interactions: [item] });
  expect(answer.json()).toMatchObject({ results: [{ status: 201 }] });
  return item.id;
};
const scored = (id: string, overall: number, rest: Partial<Scored> = {}): Scored => ({
  tenant: TENANT,
  id,
  feedbackSeq: 0,
  assessorVersion: "1",
  dimensions: { satisfaction: overall },
  overall,
  confidence: 0.9,
  why: ["because"],
  policy: POLICY,
  at: api.clock.now(),
  threshold: 0.7,
  facets: ["kind:prompt"],
  review: undefined,
  ...rest,
});

describe("interactions", () => {
  it("are found by criteria, a page at a time, and never another tenant's", async () => {
    const ids = [];
    for (let n = 0; n < 3; n++) {
      ids.push(await stored({ kind: n === 1 ? "command" : "prompt", sessionId: `session-${n}` }));
      await api.clock.advance(1000);
    }
    const first = interactionPage.parse(await get("/v1/interactions?limit=2"));
    expect(first.items.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    const second = interactionPage.parse(await get(`/v1/interactions?limit=2&cursor=${first.next}`));
    expect(second.items.map(({ id }) => id)).toEqual([ids[0]]);
    expect(second.next).toBeUndefined();
    const commands = interactionPage.parse(await get("/v1/interactions?kind=command"));
    expect(commands.items.map(({ id }) => id)).toEqual([ids[1]]);
    const session = interactionPage.parse(await get("/v1/interactions?session=session-0"));
    expect(session.items.map(({ id }) => id)).toEqual([ids[0]]);
  });

  it("come one by one with feedback and score, without what ties placeholders to values", async () => {
    const id = await stored({ input: "CANARY-one", subject: "ann" });
    await send("POST", "/v1/feedback", { feedback: [ratingOf(api, id)] });
    await api.store.assessments.put([scored(id, 0.8, { feedbackSeq: 1 })], api.clock.now());
    const body = await get(`/v1/interactions/${id}`);
    expect(interactionView.parse(body)).toMatchObject({
      input: "<SECRET_1>",
      redactions: { SECRET: 1 },
      subject: expect.stringMatching(/^[0-9a-f]{64}$/),
      feedback: [{ type: "rating", rating: 5 }],
      assessment: { overall: 0.8, human: false, why: ["because"] },
    });
    expect(body).not.toHaveProperty("placeholders");
    expect(refusal(await api.call("GET", `/v1/interactions/${api.id()}`, { key }))).toBe("NotFound");
  });

  it("say what a person decided, where one is asked for", async () => {
    const id = await stored();
    await api.store.assessments.put([scored(id, 0.8, { review: "Audit" })], api.clock.now());
    const lease = await api.store.reviews.lease(TENANT, "ann", 60_000, api.clock.now());
    expect(interactionView.parse(await get(`/v1/interactions/${id}`)).review).toBeUndefined();
    const decision = { verdict: "exclude", overall: 0.25, reviewer: "ann", note: "ask <EMAIL_1>" } as const;
    await api.store.reviews.decide({ tenant: TENANT, id }, lease?.token ?? "", decision, 0.7, api.clock.now());
    const body = await get(`/v1/interactions/${id}`);
    const decidedAt = new Date(api.clock.now()).toISOString();
    expect(interactionView.parse(body).review).toEqual({ ...decision, decidedAt });
    const listed = interactionPage.parse(await get("/v1/interactions")).items;
    expect(listed.map((item) => [item.id, item.review])).toEqual([[id, undefined]]);
  });
});

describe("quality", () => {
  it("is summed up, followed over time, and analysed", async () => {
    const ids = [await stored(), await stored(), await stored({ kind: "command" })];
    const scores = ids.map((id, n) => scored(id, 0.6 + n / 10, { facets: [n === 2 ? "kind:command" : "kind:prompt"] }));
    await api.store.assessments.put(scores, api.clock.now());
    const query = `policy=${POLICY}`;
    const sum = summary.parse(await get(`/v1/quality/summary?${query}`));
    expect(sum).toMatchObject({ policy: POLICY, threshold: 0.7, overall: { n: 3, accepted: 2 } });
    expect(sum.overall?.mean).toBeCloseTo(0.7);
    expect(sum.dimensions.satisfaction?.n).toBe(3);
    const kinds = trend.parse(await get(`/v1/quality/trend?${query}&bucket=1h&facet=kind:`));
    const overall = kinds.rows.filter(({ dimension }) => dimension === "overall");
    expect(overall.map(({ facet, n }) => [facet, n]).sort()).toEqual([
      ["kind:command", 1],
      ["kind:prompt", 2],
    ]);
    expect(analysis.parse(await get(`/v1/quality/analysis?${query}`))).toMatchObject({ findings: [] });
  });

  it("of nothing is nothing", async () => {
    const sum = summary.parse(await get(`/v1/quality/summary?policy=${POLICY}`));
    expect(sum.overall).toBeUndefined();
    expect(sum.dimensions).toEqual({});
  });

  it("has a threshold with a history", async () => {
    const change = { tenant: TENANT, policy: POLICY, from: 0.7, to: 0.72, reason: "too many", at: api.clock.now() };
    await api.store.thresholds.change(change, undefined);
    expect(thresholds.parse(await get(`/v1/quality/thresholds?policy=${POLICY}`))).toMatchObject({
      current: 0.72,
      changes: [{ from: 0.7, to: 0.72, reason: "too many" }],
    });
  });

  it("is calibrated by what people decided", async () => {
    const id = await stored();
    await api.store.assessments.put([scored(id, 0.8, { confidence: 0.4, review: "LowConfidence" })], api.clock.now());
    const lease = await api.store.reviews.lease(TENANT, "ann", 60_000, api.clock.now());
    const decision = { verdict: "include", overall: 0.9, reviewer: "ann" } as const;
    await api.store.reviews.decide({ tenant: TENANT, id }, lease?.token ?? "", decision, 0.7, api.clock.now());
    const result = calibration.parse(await get(`/v1/quality/calibration?policy=${POLICY}`));
    expect(result.everything).toMatchObject({ n: 1, bins: [{ n: 1, confidence: 0.4, agreement: 1 }] });
  });
});

describe("the queue", () => {
  it("says what waits, what was given up and why, and tries it again", async () => {
    const id = await stored();
    expect(queueFigures.parse(await get("/v1/queue"))).toMatchObject({ waiting: 1, dead: 0, reviews: { waiting: 0 } });
    await api.store.work.bury({ tenant: TENANT, id, feedbackSeq: 0 }, "no grammar", 5, api.clock.now());
    expect(deadPage.parse(await get("/v1/queue/dead")).items).toMatchObject([
      { id, reason: "no grammar", deliveries: 5 },
    ]);
    const nudges = api.nudges;
    expect(replayResult.parse((await send("POST", "/v1/queue/dead/replay", {})).json())).toEqual({ replayed: 1 });
    expect(api.nudges).toBe(nudges + 1);
    expect(queueFigures.parse(await get("/v1/queue"))).toMatchObject({ waiting: 1, dead: 0 });
    expect((await send("POST", "/v1/queue/dead/replay", { ids: [id] })).json()).toEqual({ replayed: 0 });
  });
});

describe("datasets", () => {
  it("are built by a task that can be asked for, once for one id", async () => {
    const id = api.id();
    const answer = await send("POST", "/v1/datasets", { id, policy: POLICY });
    expect(answer.statusCode).toBe(202);
    expect(answer.headers.location).toBe(`/v1/tasks/${id}`);
    await api.clock.advance(60_000);
    await send("POST", "/v1/datasets", { id, policy: POLICY });
    expect(task.parse(await get(`/v1/tasks/${id}`))).toMatchObject({ id, kind: "dataset", state: "waiting" });
    const made = await api.store.tasks.list(TENANT, "dataset", 10);
    expect(made.items.map(({ input }) => TASK_INPUTS.dataset.parse(input))).toEqual([
      { policy: POLICY, asOf: new Date(api.clock.now() - 60_000).toISOString() },
    ]);
  });

  it("are of a policy that there is", async () => {
    expect(refusal(await send("POST", "/v1/datasets", { policy: "team/other" }))).toBe("NotFound");
  });

  it("are found by their content, and know the models made from them", async () => {
    const sha256 = "a".repeat(64);
    const file = "f".repeat(64);
    const manifest = { splits: { train: { files: [{ sha256: file }] } } };
    const record = { sha256, tenant: TENANT, policy: POLICY, uri: "s3://b/d", manifest, createdAt: 5 };
    expect(
      refusal(await send("POST", "/v1/lineage", { modelVersion: "m", dataset: sha256, trainingRun: "team/r" })),
    ).toBe("NotFound");
    await api.store.datasets.add(record, (async function* () {})());
    expect(datasetView.parse(await get(`/v1/datasets/${sha256}`))).toMatchObject({ uri: "s3://b/d" });
    expect(datasetPage.parse(await get("/v1/datasets")).items).toHaveLength(1);
    const lineage = { modelVersion: "m", dataset: sha256, trainingRun: "team/r" };
    expect((await send("POST", "/v1/lineage", lineage)).statusCode).toBe(204);
    expect((await send("POST", "/v1/lineage", lineage)).statusCode).toBe(204);
    expect((await send("POST", "/v1/lineage", { ...lineage, dataset: file })).statusCode).toBe(204);
  });
});

describe("an erasure", () => {
  it("is a task that knows the person's hash only", async () => {
    const answer = await send("POST", "/v1/erasures", { subject: "ann" });
    expect(answer.statusCode).toBe(202);
    const { id, state } = erasure.parse(answer.json());
    expect(state).toBe("waiting");
    const { items } = await api.store.tasks.list(TENANT, "erasure", 10);
    expect(items.map(({ input }) => TASK_INPUTS.erasure.parse(input))).toEqual([
      { subject: keyedHasher(SECRET)(TENANT, "subject", "ann") },
    ]);
    expect(erasure.parse(await get(`/v1/erasures/${id}`))).toMatchObject({ id, state: "waiting" });
  });

  it("answers with its receipt, and the person's later events are refused", async () => {
    await stored({ subject: "ann" });
    const { id } = erasure.parse((await send("POST", "/v1/erasures", { subject: "ann" })).json());
    const subject = keyedHasher(SECRET)(TENANT, "subject", "ann");
    await api.store.erasures.erase({ id, tenant: TENANT, subject }, api.clock.now());
    expect(erasure.parse(await get(`/v1/erasures/${id}`)).receipt).toMatchObject({ interactions: 1 });
    const again = await send("POST", "/v1/interactions", { interactions: [api.interaction({ subject: "ann" })] });
    expect(again.json()).toMatchObject({ results: [{ status: 410, code: "Erased" }] });
  });

  it("shares no id with another task", async () => {
    const id = api.id();
    await send("POST", "/v1/datasets", { id, policy: POLICY });
    expect(refusal(await send("POST", "/v1/erasures", { id, subject: "ann" }))).toBe("Conflict");
    expect(refusal(await api.call("GET", `/v1/erasures/${id}`, { key }))).toBe("NotFound");
  });
});

describe("policies", () => {
  const put = (revision: number, rest: object = {}, more: object[] = []) =>
    send("PUT", "/v1/policies", {
      revision,
      policies: [{ namespace: "team", name: "coder", servedModel: MODEL, ...rest }, ...more],
    });

  it("are put in force at once, newer ones only", async () => {
    expect(policySet.parse(await get("/v1/policies")).revision).toBe(1);
    expect(policyResult.parse((await put(2, { servedModel: "other" })).json())).toMatchObject({ outcome: "replaced" });
    expect(policyResult.parse((await put(2, { servedModel: "other" })).json())).toMatchObject({ outcome: "unchanged" });
    expect(refusal(await put(1))).toBe("Stale");
    expect(refusal(await put(2))).toBe("Conflict");
    const results = await send("POST", "/v1/interactions", { interactions: [api.interaction()] });
    expect(results.json()).toMatchObject({ results: [{ code: "UnknownModel" }] });
  });

  it("that find more have what is stored redacted anew", async () => {
    const custom = [{ name: "ticket", pattern: "T-[0-9]+" }];
    const { redactions } = policyResult.parse((await put(2, { privacy: { custom } })).json());
    expect(redactions).toEqual(["redact-2-team.coder"]);
    const { items } = await api.store.tasks.list(TENANT, "redact", 10);
    const [input] = items.map((made) => TASK_INPUTS.redact.parse(made.input));
    expect(input).toMatchObject({ policy: POLICY, revision: 2 });
    expect(input?.notBefore).toBeGreaterThan(api.clock.now());
    expect(policyResult.parse((await put(3, { privacy: { custom } })).json()).redactions).toEqual([]);
    expect(policyResult.parse((await put(4)).json()).redactions).toEqual([]);
  });

  it.each<[string, object, object[]]>([
    ["a pattern that is no RE2", { privacy: { custom: [{ name: "a", pattern: "(?=x)" }] } }, []],
    ["a pattern that matches nothing at all", { privacy: { custom: [{ name: "a", pattern: "x*" }] } }, []],
    ["two policies of one name", {}, [{ namespace: "team", name: "coder", servedModel: "x" }]],
    ["two policies for one model", {}, [{ namespace: "team", name: "b", servedModel: MODEL }]],
  ])("are refused with %s", async (_, rest, more) => {
    expect(refusal(await put(2, rest, more))).toBe("Invalid");
    expect(policySet.parse(await get("/v1/policies")).revision).toBe(1);
  });
});

describe("keys", () => {
  it("are shown once, work, and end when they are revoked", async () => {
    const answer = await send("POST", "/v1/keys", { name: "agents", roles: ["agent"] });
    expect(answer.statusCode).toBe(201);
    const made = createdKey.parse(answer.json());
    const collect = () =>
      api.call("POST", "/v1/interactions", { key: made.key, body: { interactions: [api.interaction()] } });
    expect((await collect()).statusCode).toBe(207);
    const listed = await get("/v1/keys");
    expect(keyList.parse(listed).items.map(({ id }) => id)).toContain(made.id);
    expect(JSON.stringify(listed)).not.toContain(made.key.slice(21));
    expect((await send("DELETE", `/v1/keys/${made.id}`)).statusCode).toBe(204);
    expect((await collect()).statusCode).toBe(401);
    expect(refusal(await send("DELETE", `/v1/keys/${"0".repeat(16)}`))).toBe("NotFound");
  });
});
