import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { Collector } from "./testing/collector.ts";
import { ANSWER, closeHooks, hookTo } from "./testing/hooks.ts";

afterEach(closeHooks);

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

async function listening(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function address(server: Server): string {
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}
