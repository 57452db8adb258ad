import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { FeedbackGiven, RecordInput } from "./given.ts";
import { createHook, type Hook } from "./hook.ts";
import type { HookOptions } from "./options.ts";
import { Collector } from "./testing/collector.ts";

const ANSWER = { input: "sort this list", output: "use sort()" };
const open: Hook[] = [];

/** A hook that is in a hurry, for a test. */
function hookTo(url: string, options: Partial<HookOptions> = {}): Hook {
  const quick = { intervalMs: 1, retryFirstMs: 5, retryLongestMs: 20, context: false } as const;
  const hook = createHook({ url, apiKey: "key", servedModel: "coder", ...quick, ...options });
  open.push(hook);
  return hook;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((hook) => hook.close(0)));
});

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

test("a server that comes back gets what was recorded while it was away", async () => {
  const api = await Collector.start();
  const { port, url } = api;
  await api[Symbol.asyncDispose]();
  const hook = hookTo(url);
  const errors: string[] = [];
  hook.on("error", ({ code }) => errors.push(code));
  const ids = [hook.record(ANSWER), hook.record(ANSWER)];
  hook.rated(ids[0] ?? "", 4);
  expect(await hook.flush(100)).toBe(false);
  expect(hook.stats()).toMatchObject({ queued: 3, sent: 0, dropped: 0 });
  expect(errors).toEqual(["Unreachable"]);
  await using back = await Collector.start(port);
  expect(await hook.flush()).toBe(true);
  expect(back.ids.slice(0, 2)).toEqual(ids);
  expect(back.stored.size).toBe(3);
});

test.each([
  ["500 now and then", 500, "ServerFailed"],
  ["502 with a page", 502, "ServerFailed"],
  ["503", 503, "Overloaded"],
  ["200 and a page", 200, "UnexpectedAnswer"],
])("%s: the same ids are sent again until they are stored", async (_, status, code) => {
  await using api = await Collector.start();
  api.answering = (request, response, body) => {
    if (api.requests.length % 3 !== 0) response.writeHead(status).end("<html>sorry</html>");
    else api.answer(response, request.url, body);
  };
  const hook = hookTo(api.url, { batchItems: 5 });
  const errors: string[] = [];
  hook.on("error", (error) => errors.push(error.code));
  const ids = Array.from({ length: 12 }, () => hook.record(ANSWER));
  expect(await hook.flush()).toBe(true);
  expect([...api.ids].sort()).toEqual(ids);
  expect(errors).toContain(code);
  expect(hook.stats().retried).toBeGreaterThan(0);
});

test("a connection that breaks after the server stored the batch loses and doubles nothing", async () => {
  await using api = await Collector.start();
  api.answering = (request, response, body) => {
    api.answer(
      api.requests.length > 2 ? response : ({ writeHead: () => ({ end: () => {} }) } as never),
      request.url,
      body,
    );
    if (api.requests.length <= 2) request.socket.destroy();
  };
  const hook = hookTo(api.url);
  const ids = Array.from({ length: 10 }, () => hook.record(ANSWER));
  expect(await hook.flush()).toBe(true);
  expect(api.ids).toEqual(ids);
  expect(hook.stats()).toMatchObject({ sent: 10, dropped: 0 });
});

test("Retry-After is waited out, even by a flush, which then does not wait for nothing", async () => {
  await using api = await Collector.start();
  api.answering = (_, response) => response.writeHead(429, { "retry-after": "60" }).end();
  const hook = hookTo(api.url);
  hook.record(ANSWER);
  const began = performance.now();
  expect(await hook.flush(20_000)).toBe(false);
  expect(performance.now() - began).toBeLessThan(5000);
  expect(await hook.flush(20_000)).toBe(false);
  expect(api.requests).toHaveLength(1);
});

test("413 splits a batch until each part fits, and leaves out of one item what may be left out", async () => {
  await using api = await Collector.start();
  api.answering = (request, response, body) => {
    if (body.length > 3000) response.writeHead(413).end();
    else api.answer(response, request.url, body);
  };
  const hook = hookTo(api.url);
  const history = Array.from({ length: 8 }, (_, turn) => ({ role: "user" as const, content: `${turn}`.repeat(1000) }));
  const ids = Array.from({ length: 9 }, () => hook.record({ ...ANSWER, reasoning: "x".repeat(500) }));
  const long = hook.record({ ...ANSWER, history });
  hook.record({ ...ANSWER, output: "x".repeat(4000) });
  expect(await hook.flush()).toBe(true);
  expect([...api.ids].sort()).toEqual([...ids, long]);
  expect(api.stored.get(long)).toMatchObject({ history: history.slice(-2) });
  expect(hook.stats().droppedFor).toMatchObject({ tooLarge: 1 });
});

test("with a wrong key it says so once, tries again now and then, and keeps what it has", async () => {
  await using api = await Collector.start();
  api.answering = (_, response) => response.writeHead(401).end();
  const hook = hookTo(api.url, { retryLongestMs: 60_000 });
  const errors: Error[] = [];
  hook.on("error", (error) => errors.push(error));
  hook.record(ANSWER);
  expect(await hook.flush(10_000)).toBe(false);
  hook.record(ANSWER);
  expect(await hook.flush(10_000)).toBe(false);
  expect(errors).toMatchObject([{ code: "Unauthorized" }]);
  expect(api.requests).toHaveLength(1);
  expect(hook.stats().queued).toBe(2);
});

test("a redirect is not followed: the key goes nowhere else", async () => {
  await using other = await Collector.start();
  await using api = await Collector.start();
  api.answering = (request, response) => response.writeHead(307, { location: `${other.url}${request.url}` }).end();
  const hook = hookTo(api.url);
  hook.record(ANSWER);
  await hook.flush(100);
  expect(other.requests).toEqual([]);
  expect(hook.stats().queued).toBe(1);
});

test("what the server refuses is dropped, with its reason, and the rest is stored", async () => {
  await using api = await Collector.start();
  const hook = hookTo(api.url);
  const refused: unknown[] = [];
  hook.on("refused", (refusal) => refused.push(refusal));
  const good = hook.record(ANSWER);
  const bad = hook.record({ ...ANSWER, servedModel: "<no name>" });
  const lost = hook.rated(bad, 1);
  expect(await hook.flush()).toBe(true);
  expect(api.ids).toEqual([good]);
  expect(refused).toMatchObject([{ lane: "interactions", id: bad, status: 400, code: "Invalid" }]);
  expect(hook.stats().droppedFor).toMatchObject({ refused: 1, interactionDropped: 1 });
  expect(lost).not.toBe(bad);
});

test("a server that takes connections and never answers is given up on in time", async () => {
  const sockets = new Set<Socket>();
  const server = await listening(createServer((socket) => sockets.add(socket)));
  const hook = hookTo(address(server), { timeoutMs: 50 });
  const timedOut = new Promise<string>((resolve) => hook.once("error", ({ code }) => resolve(code)));
  hook.record(ANSWER);
  expect(await timedOut).toBe("TimedOut");
  expect(hook.stats()).toMatchObject({ queued: 1, dropped: 0 });
  for (const socket of sockets) socket.destroy();
  server.close();
});

test("a peer that went away without a word is noticed, and its connection replaced", async () => {
  await using api = await Collector.start();
  const sockets: Socket[] = [];
  let frozen = false;
  const proxy = await listening(
    createServer((near) => {
      sockets.push(near);
      const far = connect(api.port, "127.0.0.1");
      sockets.push(far);
      if (frozen) return near.pause();
      near.on("data", (data) => frozen || far.write(data));
      far.on("data", (data) => near.write(data));
      return near;
    }),
  );
  const hook = hookTo(address(proxy), { timeoutMs: 100 });
  hook.record(ANSWER);
  expect(await hook.flush()).toBe(true);
  frozen = true;
  hook.record(ANSWER);
  expect(await hook.flush(300)).toBe(false);
  frozen = false;
  expect(await hook.flush()).toBe(true);
  expect(hook.stats()).toMatchObject({ sent: 2, dropped: 0 });
  for (const socket of sockets) socket.destroy();
  proxy.close();
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
  }
  expect(await hook.flush()).toBe(true);
  const { recorded, sent, dropped, droppedFor } = hook.stats();
  expect(recorded).toBe(hostile.length * 4);
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
  const hook = hookTo(api.url, { enabled: false });
  hook.rated(hook.record(ANSWER), 5);
  expect(await hook.flush()).toBe(true);
  expect(api.requests).toEqual([]);
  expect(hook.stats().droppedFor.disabled).toBe(2);
});

async function listening(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function address(server: Server): string {
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}
