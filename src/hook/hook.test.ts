import { afterEach, expect, test } from "vitest";
import type { FeedbackGiven, RecordInput, TestOutcome } from "./given.ts";
import { createHook } from "./hook.ts";
import { Collector } from "./testing/collector.ts";
import { ANSWER, closeHooks, hookTo } from "./testing/hooks.ts";

afterEach(closeHooks);

test("what is recorded arrives as the API wants it, feedback after it", async () => {
  await using api = await Collector.start();
  const hook = hookTo(api.url, { modelVersion: () => "coder-1a2b", subject: "ann" });
  const id = hook.record({ ...ANSWER, kind: "command", code: [{ language: "ts", after: "a" }] });
  const feedback = [
    hook.rated(id, 5),
    hook.accepted(id),
    hook.edited(id, "b"),
    hook.retained(id, "5m", 0.5),
    hook.compiled(id, true),
    hook.tested(id, { succeeded: false, passed: 3, failed: 1 }),
    hook.deployed(id, true),
    hook.commented(id, "nice"),
  ];
  expect(await hook.flush()).toBe(true);
  expect(api.ids).toEqual([id, ...feedback]);
  expect(api.stored.get(id)).toMatchObject({ kind: "command", modelVersion: "coder-1a2b", subject: "ann" });
  expect(api.requests).toEqual([
    { path: "/v1/interactions", key: "Bearer key", items: 1 },
    { path: "/v1/feedback", key: "Bearer key", items: 8 },
  ]);
  expect(hook.stats()).toMatchObject({ recorded: 9, sent: 9, dropped: 0, queued: 0, queuedBytes: 0 });
});

test("many are sent in few requests, over one connection for each kind", async () => {
  await using api = await Collector.start();
  const hook = hookTo(api.url, { intervalMs: 60_000 });
  for (let n = 0; n < 1000; n++) hook.accepted(hook.record(ANSWER));
  expect(await hook.flush()).toBe(true);
  expect(api.stored.size).toBe(2000);
  expect(api.requests.length).toBeLessThanOrEqual(22);
});

test("a full batch is sent before its time, and a lone item when its time has come", async () => {
  await using api = await Collector.start();
  const patient = hookTo(api.url, { intervalMs: 600_000, batchItems: 3 });
  const sent = new Promise<readonly string[]>((resolve) => patient.once("sent", ({ ids }) => resolve(ids)));
  const ids = [patient.record(ANSWER), patient.record(ANSWER), patient.record(ANSWER)];
  expect(await sent).toEqual(ids);
  const quick = hookTo(api.url, { intervalMs: 5 });
  const alone = new Promise<readonly string[]>((resolve) => quick.once("sent", ({ ids }) => resolve(ids)));
  const id = quick.record(ANSWER);
  expect(await alone).toEqual([id]);
});

test("nothing that an agent hands over makes it throw, and all of it is counted", async () => {
  await using api = await Collector.start();
  const hook = hookTo(api.url);
  const circular: Record<string, unknown> = { ...ANSWER };
  circular.context = circular;
  circular.history = [circular];
  const trap = new Proxy(
    {},
    {
      get: () => {
        throw new Error("trap");
      },
    },
  );
  const hostile: unknown[] = [
    undefined,
    null,
    7,
    "text",
    7n,
    Symbol("s"),
    () => {},
    [],
    {},
    trap,
    circular,
    {
      get input() {
        throw new Error("getter");
      },
    },
    { ...ANSWER, input: 7n },
    { ...ANSWER, output: undefined },
    { ...ANSWER, history: "no" },
    { ...ANSWER, usage: { durationMs: 7n } },
    { ...ANSWER, context: trap },
    { ...ANSWER, at: trap },
    { ...ANSWER, output: "x".repeat(30_000_000) },
    { ...ANSWER, code: [trap] },
    { ...ANSWER, context: { project: circular } },
    { ...ANSWER, context: JSON.parse('{"project":{"__proto__":{"polluted":true}}}') },
  ];
  for (const one of hostile) {
    hook.record(one as RecordInput);
    hook.feedback(one as string, one as FeedbackGiven);
    hook.feedback(hook.record(ANSWER), one as FeedbackGiven);
    hook.tested(hook.record(ANSWER), one as TestOutcome);
  }
  expect(await hook.flush()).toBe(true);
  const { recorded, sent, dropped, droppedFor } = hook.stats();
  expect(recorded).toBe(hostile.length * 6);
  expect(sent + dropped).toBe(recorded);
  expect(droppedFor).toMatchObject({ refused: 0, gaveUp: 0, full: 0 });
  expect(sent).toBe(api.stored.size);
  expect({}).not.toHaveProperty("polluted");
});

test.each([
  ["no address", { url: "not a url" }],
  ["an address of another kind", { url: "file:///etc" }],
  ["an empty key", { apiKey: "" }],
  ["no model", { servedModel: "" }],
])("%s: the hook drops everything and says so, and the agent goes on", async (_, wrong) => {
  const hook = hookTo("http://127.0.0.1:1", wrong);
  const said = new Promise<Error>((resolve) => hook.once("error", resolve));
  expect(hook.record(ANSWER)).toMatch(/^[0-9a-f-]{36}$/);
  expect(await said).toMatchObject({ code: "Misconfigured" });
  expect(await hook.flush()).toBe(true);
  expect(hook.stats()).toMatchObject({ recorded: 1, droppedFor: { disabled: 1 } });
});

test("options that cannot even be read do the same", async () => {
  for (const options of [
    undefined,
    null,
    7,
    new Proxy(
      {},
      {
        get: () => {
          throw new Error("trap");
        },
      },
    ),
  ]) {
    const hook = createHook(options as never);
    hook.on("error", () => {});
    hook.record(ANSWER);
    expect(hook.stats().droppedFor.disabled).toBe(1);
    await hook.close();
  }
});

test("a key that no header can carry is not quoted in the error", async () => {
  await using api = await Collector.start();
  const hook = hookTo(api.url, { apiKey: "secret\nkey" });
  const said = new Promise<Error>((resolve) => hook.once("error", resolve));
  hook.record(ANSWER);
  await hook.flush(50);
  expect((await said).message).not.toContain("secret");
  expect(await said).toMatchObject({ code: "Misconfigured" });
});

test("a listener that throws or rejects hurts nobody, and an error needs none", async () => {
  await using api = await Collector.start();
  const hook = hookTo(api.url);
  const heard: string[] = [];
  hook.on("sent", () => {
    throw new Error("mine");
  });
  hook.on("sent", async () => {
    throw new Error("mine, later");
  });
  hook.on("sent", () => heard.push("sent"));
  hook.record(ANSWER);
  expect(await hook.flush()).toBe(true);
  expect(heard).toEqual(["sent"]);
  expect(hook.stats().listenerErrors).toBe(2);
  const deaf = hookTo("http://127.0.0.1:1");
  deaf.record(ANSWER);
  expect(await deaf.flush(50)).toBe(false);
});

test("drops are told after the call that caused them, many at once", async () => {
  const hook = hookTo("http://127.0.0.1:1", { maxQueuedItems: 10 });
  const told: unknown[] = [];
  const first = new Promise((resolve) => hook.once("dropped", resolve));
  hook.on("dropped", (drop) => told.push(drop));
  for (let n = 0; n < 100; n++) hook.record(ANSWER);
  expect(told).toEqual([]);
  await first;
  expect(told).toEqual([{ reason: "full", count: 91 }]);
});

test("a million calls with a dead server are counted, and cost bounded memory", async () => {
  const hook = hookTo("http://127.0.0.1:1", { maxQueuedItems: 1000, maxQueuedBytes: 1 << 20 });
  for (let n = 0; n < 1_000_000; n++) hook.record(ANSWER);
  const { recorded, dropped, queued, queuedBytes } = hook.stats();
  expect(recorded).toBe(1_000_000);
  expect(queued + dropped).toBe(1_000_000);
  expect(queuedBytes).toBeLessThanOrEqual(1 << 20);
});

test("once closed it takes nothing more, and what could not be sent is counted as such", async () => {
  const hook = hookTo("http://127.0.0.1:1");
  const id = hook.record(ANSWER);
  hook.rated(id, 5);
  expect(await hook.close(20)).toBe(false);
  hook.record(ANSWER);
  expect(hook.stats()).toMatchObject({ recorded: 3, queued: 0, queuedBytes: 0, droppedFor: { closed: 3 } });
  expect(await hook.close()).toBe(false);
  expect(await hook.flush()).toBe(true);
});

test("a hook that is switched off does nothing", async () => {
  await using api = await Collector.start();
  // Whoever opted out has no key, either.
  const hook = hookTo(api.url, { enabled: false, apiKey: "" });
  const errors: unknown[] = [];
  hook.on("error", (error) => errors.push(error));
  hook.rated(hook.record(ANSWER), 5);
  expect(await hook.flush()).toBe(true);
  expect(api.requests).toEqual([]);
  expect(errors).toEqual([]);
  expect(hook.stats().droppedFor.disabled).toBe(2);
});
