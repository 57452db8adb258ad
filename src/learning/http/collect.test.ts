import { afterEach, describe, expect, it } from "vitest";
import { batchResult, problem } from "../../api/learning/results.ts";
import { type ApiUnderTest, ratingOf, startApi, TENANT } from "./testing/api-under-test.ts";

describe("POST /v1/interactions and /v1/feedback", () => {
  let api: ApiUnderTest;
  afterEach(() => api.close());

  const send = async (items: unknown[], path: "interactions" | "feedback" = "interactions") => {
    const answer = await api.call("POST", `/v1/${path}`, { key: await api.key("agent"), body: { [path]: items } });
    expect(answer.statusCode, answer.body).toBe(207);
    return batchResult.parse(answer.json()).results;
  };

  it("stores what it was sent, and knows it again", async () => {
    api = await startApi();
    const item = api.interaction();
    expect(await send([item])).toEqual([{ id: item.id, status: 201 }]);
    expect(await send([item])).toEqual([{ id: item.id, status: 200 }]);
    const [conflict] = await send([{ ...item, output: "With sorted()." }]);
    expect(conflict).toMatchObject({ id: item.id, status: 409, code: "Conflict" });
    const [stored] = await api.store.interactions.load([{ tenant: TENANT, id: item.id }]);
    expect(stored?.interaction.content.output).toBe("With sort().");
    expect(api.nudges).toBe(3);
  });

  it("refuses a bad item alone, and answers in order", async () => {
    api = await startApi();
    const good = [api.interaction(), api.interaction()];
    const results = await send([good[0], 7, { ...api.interaction(), servedModel: "other" }, good[1]]);
    expect(results.map(({ status, code }) => [status, code])).toEqual([
      [201, undefined],
      [400, "Invalid"],
      [422, "UnknownModel"],
      [201, undefined],
    ]);
  });

  it("stores feedback with the placeholders of its interaction", async () => {
    api = await startApi();
    const item = api.interaction({ input: "My key is CANARY-one, sort it", code: [{ language: "go", after: "x" }] });
    await send([item]);
    const at = new Date(api.clock.now()).toISOString();
    const head = () => ({ id: api.id(), interactionId: item.id, at });
    const results = await send(
      [
        { ...head(), type: "comment", text: "CANARY-two is new, CANARY-one is not" },
        { ...head(), type: "edit", after: "CANARY-three CANARY-two" },
        ratingOf(api, item.id),
      ],
      "feedback",
    );
    expect(results.map(({ status }) => status)).toEqual([201, 201, 201]);
    const [stored] = await api.store.interactions.load([{ tenant: TENANT, id: item.id }]);
    expect(stored?.feedback.map(({ feedback }) => feedback)).toMatchObject([
      { type: "comment", text: "<SECRET_2> is new, <SECRET_1> is not" },
      { type: "edit", after: "<SECRET_3> <SECRET_2>" },
      { type: "rating", rating: 5 },
    ]);
    expect(stored?.interaction.content.input).toBe("My key is <SECRET_1>, sort it");
  });

  it("answers feedback for what is not there so that it can be sent again", async () => {
    api = await startApi();
    const [result] = await send([ratingOf(api, api.id())], "feedback");
    expect(result).toMatchObject({ status: 404, code: "UnknownInteraction" });
  });

  it("accepts nothing before a policy has arrived", async () => {
    api = await startApi({ policies: "None" });
    const answer = await api.call("POST", "/v1/interactions", {
      key: await api.key("agent"),
      body: { interactions: [api.interaction()] },
    });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["retry-after"]).toBe("5");
    expect(problem.parse(answer.json()).code).toBe("Unavailable");
  });
});
