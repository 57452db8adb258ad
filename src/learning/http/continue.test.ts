import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { continueResult } from "../../api/learning/continue.ts";
import { answerOf, questionOf } from "../intake/continue/text.ts";
import { type ApiUnderTest, MODEL, startApi, TENANT } from "./testing/api-under-test.ts";

const DAY = 86_400_000;

describe("what Continue logs of a chat", () => {
  it("is taken apart into turns", () => {
    const prompt = "<system>\nBe kind.\n\n<user>\nHi\n\n<assistant>\nHello\n\n<user>\nSort\n\nthis\n\n";
    expect(questionOf(prompt)).toEqual({
      input: "Sort\n\nthis",
      history: [
        { role: "system", content: "Be kind." },
        { role: "user", content: "Hi" },
        { role: "assistant", content: "Hello" },
      ],
    });
  });

  it("is one question where the model has a template of its own", () => {
    expect(questionOf("[INST] Sort [/INST]")).toEqual({ input: "[INST] Sort [/INST]", history: [] });
  });

  it("has its chunks put together", () => {
    expect(answerOf("<assistant>\nWi\n\n<assistant>\nth \n\n<assistant>\nsort().\n\n")).toBe("With sort().");
    expect(answerOf("With sort().")).toBe("With sort().");
  });
});

describe("POST /v1/continue", () => {
  let api: ApiUnderTest;
  beforeEach(async () => {
    api = await startApi();
  });
  afterEach(() => api.close());

  const send = async (name: string, data: object, rest: object = { schema: "0.2.0", level: "all" }) => {
    const timestamp = new Date(api.clock.now()).toISOString();
    const common = { eventName: name, schema: "0.2.0", userAgent: "x", selectedProfileId: "local", userId: "ann" };
    const body = { name, data: { timestamp, modelName: MODEL, ...common, ...data }, profileId: "local", ...rest };
    const answer = await api.call("POST", "/v1/continue", { key: await api.key("agent"), body });
    expect(answer.statusCode, answer.body).toBe(200);
    const { results, ignored } = continueResult.parse(answer.json());
    return { statuses: results.map(({ status }) => status), results, ignored };
  };
  const stored = async () => (await api.store.interactions.query({ tenant: TENANT, limit: 10 })).items;
  const chat = {
    prompt: "<user>\nSort this\n\n",
    completion: "<assistant>\nHere:\n\n<assistant>\n\n```go\nsort.Ints(x)\n```\n\n",
    sessionId: "0197a2f0-0000-4000-8000-000000000000",
    modelProvider: "ollama",
    modelTitle: MODEL,
  };

  it("stores a chat's answer with the code in it, once", async () => {
    expect((await send("chatInteraction", chat)).statuses).toEqual([201]);
    expect((await send("chatInteraction", chat)).statuses).toEqual([200]);
    expect(await stored()).toMatchObject([
      {
        interaction: {
          facts: { kind: "prompt", servedModel: MODEL, languages: ["go"] },
          content: { input: "Sort this", output: "Here:\n```go\nsort.Ints(x)\n```" },
        },
      },
    ]);
  });

  it("ties a thumb of a later day to its answer", async () => {
    await send("chatInteraction", chat);
    await api.clock.advance(3 * DAY);
    expect((await send("chatFeedback", { ...chat, feedback: true, completionOptions: {} })).statuses).toEqual([201]);
    const all = await stored();
    expect(all).toHaveLength(1);
    expect(all[0]?.feedback.map(({ feedback }) => feedback)).toMatchObject([{ type: "rating", rating: 5 }]);
  });

  it("stores what was rated with the rating, where it never came", async () => {
    expect((await send("chatFeedback", { ...chat, feedback: false })).statuses).toEqual([201, 201]);
    expect((await stored())[0]?.feedback[0]?.feedback).toMatchObject({ type: "rating", rating: 1 });
  });

  it("stores an edit with its outcome, under its file's name alone", async () => {
    const edit = {
      prompt: "Sort this",
      completion: "sorted",
      previousCode: "a",
      newCode: "b",
      previousCodeLines: 1,
      newCodeLines: 1,
      lineChange: 0,
      accepted: true,
      filepath: "file:///home/ann/shop/list.ts",
    };
    expect((await send("editOutcome", edit)).statuses).toEqual([201, 201]);
    expect(await stored()).toMatchObject([
      {
        interaction: {
          facts: { kind: "command", languages: ["typescript"] },
          content: { code: [{ path: "list.ts", before: "a", after: "b" }] },
        },
        feedback: [{ feedback: { type: "acceptance", accepted: true } }],
      },
    ]);
  });

  it.each<[string, string, object, object]>([
    ["of another version", "chatInteraction", chat, { schema: "0.1.0" }],
    ["without text", "chatInteraction", { sessionId: "s" }, { schema: "0.2.0", level: "noCode" }],
    ["that says nothing of an answer", "tokensGenerated", { promptTokens: 1 }, { schema: "0.2.0" }],
    ["that is not known", "somethingNew", {}, { schema: "0.2.0" }],
    [
      "whose question is not known",
      "editOutcome",
      { prompt: "Unknown prompt", completion: "", previousCode: "", newCode: "", accepted: true, filepath: "" },
      { schema: "0.2.0" },
    ],
  ])("makes nothing of an event %s, and says so", async (_, name, data, rest) => {
    const { ignored, results } = await send(name, data, rest);
    expect(ignored).toBeTruthy();
    expect(results).toEqual([]);
    expect(await stored()).toEqual([]);
  });

  it("refuses an event that does not fit its schema", async () => {
    const { results } = await send("chatInteraction", { ...chat, prompt: 7 });
    expect(results).toMatchObject([{ id: "", code: "Invalid", message: expect.stringMatching(/^prompt: /) }]);
  });

  it("refuses a model without a policy", async () => {
    expect((await send("chatInteraction", { ...chat, modelName: "other" })).results).toMatchObject([
      { code: "UnknownModel" },
    ]);
  });
});
