import { mkdtemp, rm } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { tinyGguf } from "../ollama/testing/tiny-gguf.ts";
import { type FakeOllama, startFakeOllama } from "./testing/fake-ollama.ts";
import { type SidecarUnderTest, startSidecar } from "./testing/sidecar-under-test.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let dir: string;
let ollama: FakeOllama;
let it: SidecarUnderTest;
let answering: Promise<Response>;
let upstream: ServerResponse;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "qi-drain-"));
  ollama = await startFakeOllama(join(dir, "models"));
  it = await startSidecar(dir, { artifact: tinyGguf(), ollamaUrl: ollama.url, modelsDir: ollama.modelsDir });
  await it.reaches("Ready");
  const begun = new Promise<ServerResponse>((resolve) =>
    ollama.script.set("/api/chat", (_, response) => resolve(response)),
  );
  answering = it.post("/api/chat", {});
  upstream = await begun;
});
afterEach(async () => {
  upstream.end();
  await it.stop();
  await ollama[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

test("draining takes no new requests, waits for those in flight, and answers when they have ended", async () => {
  const drained = fetch(`${it.url}/drain?seconds=60`);
  expect(await it.reaches("Draining")).toMatchObject({ reason: "Draining", inFlight: 1 });
  expect((await fetch(`${it.url}/ready`)).status).toBe(503);
  expect((await it.post("/api/chat", {})).status).toBe(503);
  upstream.end('{"done":true}');
  expect(await (await answering).text()).toBe('{"done":true}');
  expect(await (await drained).json()).toEqual({ drained: true, inFlight: 0 });
});

test("draining ends after the seconds given, saying that requests are left", async () => {
  expect(await (await fetch(`${it.url}/drain?seconds=0.05`)).json()).toEqual({ drained: false, inFlight: 1 });
});

test("nonsense instead of seconds is refused and drains nothing", async () => {
  expect((await fetch(`${it.url}/drain?seconds=soon`)).status).toBe(400);
  expect((await it.status()).state).toBe("Ready");
});

test("SIGTERM lets the requests in flight end", async () => {
  const ended = it.stop();
  await it.reaches("Draining");
  upstream.end('{"done":true}');
  expect(await (await answering).text()).toBe('{"done":true}');
  await ended;
});

test("an Ollama that was only restarted in place is served again", async () => {
  upstream.end("{}");
  await fetch(`${it.url}/drain?seconds=1`);
  ollama.down = true;
  await new Promise((resolve) => setTimeout(resolve, 1500));
  ollama.down = false;
  await it.reaches("Ready");
});
