import { afterEach, describe, expect, it } from "vitest";
import { eventually, ManualClock, settle } from "../testing/clock.ts";
import { type Handler, json, ScriptedServer } from "../testing/http.ts";
import { silentLog } from "../testing/log.ts";
import { Client } from "./client.ts";
import { Reflector } from "./reflector.ts";
import { ConfigMaps } from "./resources.ts";
import { Store } from "./store.ts";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const configMap = (name: string, resourceVersion: string, data: Record<string, string> = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "team-a", uid: `uid-${name}`, resourceVersion, managedFields: [{ manager: "kubectl" }] },
  data,
});
const list = (resourceVersion: string, ...items: object[]): Handler => json({ metadata: { resourceVersion }, items });
const line = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;
const bookmark = (resourceVersion: string) => line("BOOKMARK", { kind: "ConfigMap", metadata: { resourceVersion } });
const expired = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };

/** A watch that says some text and stays open. */
const says =
  (...texts: string[]): Handler =>
  (_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
    for (const text of texts) response.write(text);
  };
const saysAndCloses =
  (text: string): Handler =>
  (_, response) =>
    void response.writeHead(200).end(text);
/** A watch that says some text, which arrives, and is then reset. */
const saysAndResets =
  (text: string): Handler =>
  (request, response) => {
    response.writeHead(200).write(text, () => setTimeout(() => request.socket.resetAndDestroy(), 5));
  };

async function reflecting(...script: Handler[]) {
  const server = await ScriptedServer.start(script);
  const client = new Client({ server: server.address, token: async () => "secret-token", namespace: "team-a" });
  const clock = new ManualClock();
  const store = new Store();
  const stopping = new AbortController();
  const reflector = new Reflector({
    api: client,
    source: { resource: ConfigMaps, labelSelector: "app=qi" },
    store,
    clock,
    log: silentLog,
    random: () => 0,
  });
  const ended = reflector.run(stopping.signal);
  cleanups.push(async () => {
    stopping.abort(new Error("test over"));
    await ended;
    await client.close();
    await server[Symbol.asyncDispose]();
  });
  const names = () =>
    store
      .all()
      .map((object) => object.metadata.name)
      .sort();
  /** The requests so far: `list`, or `watch` with where from. */
  const requests = () =>
    server.asked.map((url) =>
      url.searchParams.has("watch") ? `watch ${url.searchParams.get("resourceVersion")}` : "list",
    );
  return { server, clock, store, reflector, names, requests };
}

describe("a reflector, over real HTTP", () => {
  it("lists in pages, then watches with bookmarks from where the list ended, by its selector", async () => {
    const first = json({ metadata: { resourceVersion: "10", continue: "more" }, items: [configMap("a", "1")] });
    const { server, store, names, reflector } = await reflecting(first, list("10", configMap("b", "2")), says());
    await eventually(() => reflector.state === "Watching");
    expect(names()).toEqual(["a", "b"]);
    expect(store.all()[0]).not.toHaveProperty("metadata.managedFields");
    expect(store.all()[0]).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
    const asked = Object.fromEntries(server.asked[2]?.searchParams ?? []);
    expect(asked).toMatchObject({
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: "10",
      timeoutSeconds: "300",
      labelSelector: "app=qi",
    });
  });

  it("applies events in order and resumes from the last bookmark when the server closes the watch", async () => {
    const events =
      line("ADDED", configMap("b", "11")) +
      line("MODIFIED", configMap("a", "12", { x: "1" })) +
      line("DELETED", configMap("b", "13"));
    const { names, requests, store } = await reflecting(
      list("10", configMap("a", "1")),
      saysAndCloses(events + bookmark("20")),
      says(),
    );
    await eventually(() => requests().length === 3);
    expect(requests()).toEqual(["list", "watch 10", "watch 20"]);
    expect(names()).toEqual(["a"]);
    expect(store.get({ namespace: "team-a", name: "a" })).toMatchObject({ data: { x: "1" } });
    expect(store.observedAtLeast({ namespace: "team-a", name: "never-seen" }, "19")).toBe(true);
  });

  it("lists anew, at once, when the server answers 410 to the watch", async () => {
    const { names, requests } = await reflecting(
      list("10", configMap("a", "1")),
      json(expired, 410),
      list("30", configMap("c", "25")),
      says(),
    );
    await eventually(() => requests().length === 4);
    expect(requests()).toEqual(["list", "watch 10", "list", "watch 30"]);
    expect(names()).toEqual(["c"]);
  });

  it("lists anew when 410 comes as an event inside the watch", async () => {
    const { names, requests } = await reflecting(
      list("10", configMap("a", "1")),
      saysAndCloses(line("ERROR", expired)),
      list("30"),
      says(),
    );
    await eventually(() => requests().length === 4);
    expect(requests()).toEqual(["list", "watch 10", "list", "watch 30"]);
    expect(names()).toEqual([]);
  });

  it("does not spin when 410 comes again and again", async () => {
    const { clock, reflector } = await reflecting(list("10"), json(expired, 410), list("10"), json(expired, 410));
    await eventually(() => reflector.state === "BackingOff");
    expect(clock.next).toBe(1600);
  });

  it("drops the half line of a cut connection, and goes on from the last whole one", async () => {
    const half = line("MODIFIED", configMap("a", "15", { x: "half" })).slice(0, -20);
    const { clock, store, requests } = await reflecting(
      list("10", configMap("a", "1")),
      saysAndResets(line("ADDED", configMap("b", "14")) + half),
      says(line("MODIFIED", configMap("a", "15", { x: "whole" }))),
    );
    await eventually(() => clock.next === 800, "backing off");
    expect(store.get({ namespace: "team-a", name: "a" })).toMatchObject({ data: {} });
    await clock.advance(800);
    await eventually(
      () => (store.get({ namespace: "team-a", name: "a" }) as { data?: { x?: string } })?.data?.x === "whole",
    );
    expect(requests()).toEqual(["list", "watch 10", "watch 14"]);
  });

  it("puts a line together that comes in many pieces, a character cut in two among them", async () => {
    const bytes = Buffer.from(line("ADDED", configMap("b", "11", { x: "größer" })));
    const cut = bytes.indexOf(0xc3) + 1;
    const dribble: Handler = (_, response) => {
      response
        .writeHead(200)
        .write(bytes.subarray(0, cut), () => setTimeout(() => response.write(bytes.subarray(cut)), 5));
    };
    const { store } = await reflecting(list("10"), dribble);
    await eventually(() => store.size === 1);
    expect(store.all()[0]).toMatchObject({ data: { x: "größer" } });
  });

  it("takes a silent watch for dead after two minutes, and opens another without waiting or listing", async () => {
    const { clock, requests, reflector } = await reflecting(list("10"), says(bookmark("11")), says());
    await eventually(() => reflector.state === "Watching");
    for (let n = 0; n < 20; n += 1) await settle();
    await clock.advance(119_000);
    expect(requests()).toHaveLength(2);
    expect(reflector.age).toBeGreaterThan(100_000);
    await clock.advance(2_000);
    await eventually(() => requests().length === 3 && reflector.state === "Watching");
    expect(requests()[2]).toBe("watch 11");
    expect(reflector.age).toBe(0);
  });

  it("waits as long as a 429 says", async () => {
    const { clock, requests } = await reflecting(
      json({ reason: "TooManyRequests" }, 429, { "retry-after": "7" }),
      list("10"),
      says(),
    );
    await eventually(() => clock.next !== undefined);
    expect(clock.next).toBe(7000);
    await clock.advance(7000);
    await eventually(() => requests().length === 3);
  });

  it("backs off from 0.8 s to 30 s while the server fails, and starts anew after two healthy minutes", async () => {
    let watches = 0;
    const open: { say: () => void; reset: () => void }[] = [];
    const flaky: Handler = (request, response) => {
      watches += 1;
      if (watches !== 8) return void response.writeHead(500).end("{}");
      response.writeHead(200).flushHeaders();
      open.push({ say: () => void response.write(bookmark("11")), reset: () => void request.socket.resetAndDestroy() });
    };
    const { clock, reflector } = await reflecting(list("10"), flaky);
    const delays: number[] = [];
    for (let n = 1; n < 8; n += 1) {
      await eventually(() => watches === n && reflector.state === "BackingOff");
      delays.push(clock.next ?? 0);
      await clock.advance(clock.next ?? 0);
    }
    expect(delays).toEqual([800, 1600, 3200, 6400, 12_800, 25_600, 30_000]);
    await eventually(() => reflector.state === "Watching");
    await settle();
    await clock.advance(100_000);
    open[0]?.say();
    await eventually(() => reflector.age === 0);
    await clock.advance(100_000);
    open[0]?.reset();
    await eventually(() => reflector.state === "BackingOff");
    expect(clock.next).toBe(800);
  });

  it("does not spin when the server closes each new watch at once", async () => {
    const { clock, requests } = await reflecting(list("10"), saysAndCloses(""));
    await eventually(() => clock.next === 800);
    expect(requests()).toHaveLength(2);
  });

  it("lists anew when the server counts from behind where it was: it was restored from a backup", async () => {
    const { requests, names } = await reflecting(
      list("90", configMap("a", "85")),
      says(bookmark("20")),
      list("20", configMap("a", "15")),
      says(),
    );
    await eventually(() => requests().length === 4);
    expect(requests()).toEqual(["list", "watch 90", "list", "watch 20"]);
    expect(names()).toEqual(["a"]);
  });
});
