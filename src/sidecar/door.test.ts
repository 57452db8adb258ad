import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { tinyGguf } from "../ollama/testing/tiny-gguf.ts";
import { MAX_BODY_BYTES } from "./body.ts";
import { type FakeOllama, json, startFakeOllama } from "./testing/fake-ollama.ts";
import { MODEL, type SidecarUnderTest, startSidecar } from "./testing/sidecar-under-test.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const CANARY = "canary-prompt-7f3a";
let dir: string;
let ollama: FakeOllama;
let it: SidecarUnderTest;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "qi-door-"));
  ollama = await startFakeOllama(join(dir, "models"));
  it = await startSidecar(dir, { artifact: tinyGguf(), ollamaUrl: ollama.url, modelsDir: ollama.modelsDir });
  await it.reaches("Ready");
});
afterEach(async () => {
  ollama.script.clear();
  await it.reaches("Ready");
});
afterAll(async () => {
  await it?.stop();
  await ollama[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

const metric = async (line: string): Promise<number> => {
  const text = await (await fetch(`${it.url}/metrics`)).text();
  return Number(
    text
      .split("\n")
      .find((one) => one.startsWith(line))
      ?.split(" ")
      .at(-1) ?? 0,
  );
};

describe("what can be reached", () => {
  test.each([
    "/api/chat",
    "/api/generate",
    "/api/embed",
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/embeddings",
    "/api/show",
  ])("POST %s", async (path) => {
    ollama.script.set(path, (_, response) => json(response, 200, { done: true }));
    const answer = await it.post(path, { model: "qi-coder" });
    expect([answer.status, answer.headers.get("x-qi-model-version")]).toEqual([200, MODEL]);
    expect(ollama.bodies(path).at(-1)).toMatchObject({ model: MODEL });
  });

  test.each(["/api/version", "/api/tags", "/v1/models", "/api/show"])("GET %s", async (path) => {
    ollama.script.set(path, (_, response) => json(response, 200, {}));
    expect((await fetch(it.url + path)).status).toBe(200);
  });

  test.each([
    ["POST", "/api/create"],
    ["POST", "/api/pull"],
    ["POST", "/api/push"],
    ["POST", "/api/copy"],
    ["DELETE", "/api/delete"],
    ["POST", "/api/blobs/sha256:00"],
    ["HEAD", "/api/blobs/sha256:00"],
    ["GET", "/api/ps"],
    ["DELETE", "/api/tags"],
    ["GET", "/api/chat"],
    ["POST", "//api/create"],
    ["POST", "/api/chat/../create"],
    ["POST", "/api/%63reate"],
    ["GET", "/"],
  ])("not %s %s", async (method, path) => {
    const before = ollama.requests.length;
    const socket = connect(Number(new URL(it.url).port), "127.0.0.1");
    socket.end(`${method} ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}`);
    const answer = Buffer.concat(await socket.toArray()).toString();
    expect(answer).toMatch(/^HTTP\/1.1 40[45] /);
    expect(ollama.requests.slice(before).filter((one) => one !== "POST /api/generate")).toEqual([]);
  });
});

describe("what a request may ask for", () => {
  test("our model by its name, an alias, with a tag, or by none", async () => {
    ollama.script.set("/api/chat", (_, response) => json(response, 200, {}));
    for (const model of [MODEL, `${MODEL}:latest`, "qi-coder", "", undefined]) {
      expect((await it.post("/api/chat", { model })).status).toBe(200);
      expect(ollama.bodies("/api/chat").at(-1)?.model).toBe(MODEL);
    }
  });

  test("another model is 404, naming what is served", async () => {
    const answer = await it.post("/v1/chat/completions", { model: "gpt-9" });
    expect([answer.status, await answer.json()]).toMatchObject([
      404,
      { error: { message: expect.stringContaining(`qi-coder, ${MODEL}`) } },
    ]);
  });

  test("nothing that would unload the model or start the engine anew", async () => {
    ollama.script.set("/api/chat", (_, response) => json(response, 200, {}));
    await it.post("/api/chat", { keep_alive: 0, options: { num_ctx: 99999, num_gpu: 0, temperature: 0.5 } });
    expect(ollama.bodies("/api/chat").at(-1)).toEqual({ model: MODEL, keep_alive: -1, options: { temperature: 0.5 } });
  });

  test.each([
    ["not JSON", "{", 400],
    ["no object", "[]", 400],
    ["null", "null", 400],
    ["odd options", '{"options":3}', 400],
  ])("a body that is %s is refused", async (_, body, status) => {
    const answer = await it.post("/api/chat", body);
    expect([answer.status, await answer.json()]).toEqual([status, { error: expect.any(String) }]);
  });

  test("a body that is too large is 413, announced or not", async () => {
    const large = `"${"x".repeat(MAX_BODY_BYTES)}"`;
    expect((await it.post("/api/chat", large)).status).toBe(413);
    const socket = connect(Number(new URL(it.url).port), "127.0.0.1");
    socket.write("POST /api/chat HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    socket.write(`${large.length.toString(16)}\r\n${large}\r\n`); // and no end
    const [start] = await once(socket, "data");
    expect(String(start)).toMatch(/^HTTP\/1.1 413 /);
    socket.destroy();
  });

  test("a client that goes away in the middle of its request is no error of ours", async () => {
    const socket = connect(Number(new URL(it.url).port), "127.0.0.1");
    socket.write("POST /api/embed HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{");
    await expect.poll(async () => (await it.status()).inFlight).toBe(1);
    socket.destroy();
    await expect.poll(() => metric('qi_sidecar_requests_total{route="/api/embed",code="499"}')).toBe(1);
    expect((await it.status()).inFlight).toBe(0);
  });
});

describe("answers", () => {
  test("come as they are made, and their tokens are counted", async () => {
    const before = await metric('qi_sidecar_tokens_total{kind="generated"}');
    let more = (_: string): void => {};
    ollama.script.set("/api/chat", (_, response) => {
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      more = (line) => void response.write(line);
      response.write('{"message":{"content":"a"},"done":false}\n');
    });
    const answer = await it.post("/api/chat", {});
    expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
    const reader = answer.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain('"a"');
    more('{"done":true,"prompt_eval_count":5,"eval_count":7}\n');
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain('"done":true');
    await reader?.cancel();
    expect(before).toBeGreaterThanOrEqual(0);
  });

  test("carry their token counts into the metrics, in Ollama's and in OpenAI's words", async () => {
    const before = await metric('qi_sidecar_tokens_total{kind="generated"}');
    ollama.script.set(
      "/api/chat",
      (_, response) => void response.end('{"done":false}\n{"done":true,"prompt_eval_count":5,"eval_count":7}\n'),
    );
    ollama.script.set(
      "/v1/chat/completions",
      (_, response) =>
        void response.end('data: {"usage":{"prompt_tokens":1,"completion_tokens":4}}\n\ndata: [DONE]\n\n'),
    );
    await (await it.post("/api/chat", {})).text();
    await (await it.post("/v1/chat/completions", {})).text();
    await expect.poll(() => metric('qi_sidecar_tokens_total{kind="generated"}')).toBe(before + 11);
    expect(await metric('qi_sidecar_time_to_first_byte_seconds_count{route="/api/chat"}')).toBeGreaterThan(0);
  });

  test("a slow reader slows the engine's side down instead of filling our memory", async () => {
    let written = 0;
    let finished = false;
    ollama.script.set("/api/chat", async (_, response) => {
      const piece = Buffer.alloc(1 << 20, "x");
      const closed = once(response, "close");
      for (; written < 200; written++) {
        if (!response.write(piece))
          await Promise.race([new Promise((resolve) => response.once("drain", resolve)), closed]);
        if (response.destroyed) return;
      }
      finished = true;
      response.end();
    });
    const socket = connect(Number(new URL(it.url).port), "127.0.0.1");
    socket.write("POST /api/chat HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}");
    await once(socket, "readable"); // and reads nothing
    await sleep(300);
    expect(finished).toBe(false);
    expect(written).toBeLessThan(50);
    socket.destroy();
  });

  test("a client that goes away stops the engine's work, and is no fault of the engine", async () => {
    const errors = await metric("qi_sidecar_engine_errors_total");
    let upstream: ServerResponse | undefined;
    ollama.script.set("/api/chat", (_, response) => {
      upstream = response;
      response.write("{}\n");
    });
    const client = new AbortController();
    const answer = await it.post("/api/chat", {}, { signal: client.signal });
    client.abort();
    await answer.text().catch(() => {});
    await expect.poll(() => upstream?.destroyed).toBe(true);
    await expect.poll(() => metric('qi_sidecar_requests_total{route="/api/chat",code="499"}')).toBeGreaterThan(0);
    expect(await metric("qi_sidecar_engine_errors_total")).toBe(errors);
    expect((await it.status()).state).toBe("Ready");
  });

  test("a stream that the engine cuts is cut for the client too, and counted", async () => {
    const cut = await metric('qi_sidecar_engine_errors_total{kind="cut"}');
    ollama.script.set("/api/chat", (_, response) => {
      response.write("{}\n");
      setTimeout(() => response.destroy(), 20);
    });
    await expect((await it.post("/api/chat", {})).text()).rejects.toThrow();
    await expect.poll(() => metric('qi_sidecar_engine_errors_total{kind="cut"}')).toBe(cut + 1);
  });

  test("an error in a stream's last line is the engine's failure, unless it is the request's", async () => {
    const failed = await metric('qi_sidecar_engine_errors_total{kind="failed"}');
    const ending = (error: string) => (_: unknown, response: ServerResponse) =>
      void response.end(`{"done":false}\n{"error":"${error}"}\n`);
    ollama.script.set("/api/chat", ending("prediction aborted, token repeat limit reached"));
    await (await it.post("/api/chat", {})).text();
    ollama.script.set("/api/chat", ending("an error was encountered while running the model: unexpected EOF"));
    await (await it.post("/api/chat", {})).text();
    await expect.poll(() => metric('qi_sidecar_engine_errors_total{kind="failed"}')).toBe(failed + 1);
  });

  test.each([
    [400, "no"],
    [501, "cannot embed"],
    [503, "server busy, please try again"],
    [500, "token repeat limit reached"],
  ])("HTTP %i (%s) is passed on and is no failure of the engine", async (status, error) => {
    const failed = await metric('qi_sidecar_engine_errors_total{kind="failed"}');
    ollama.script.set("/api/chat", (_, response) => json(response, status, { error }));
    const answer = await it.post("/api/chat", {});
    expect([answer.status, await answer.json()]).toEqual([status, { error }]);
    expect(await metric('qi_sidecar_engine_errors_total{kind="failed"}')).toBe(failed);
  });
});

test("no log line, metric or status contains what was asked or answered", async () => {
  ollama.script.set("/api/chat", (_, response) => json(response, 500, { error: `failed on ${CANARY}` }));
  ollama.script.set("/api/generate", (_, response) => json(response, 200, { response: CANARY, done: true }));
  await it.post("/api/chat", { messages: [{ role: "user", content: CANARY }] });
  await it.post(`/api/chat?${CANARY}`, `{"${CANARY}`);
  await it.post(`/api/${CANARY}`, {});
  await it.post("/api/chat", { model: CANARY });
  const seen = [...it.log, await (await fetch(`${it.url}/metrics`)).text(), JSON.stringify(await it.status())].join(
    "\n",
  );
  expect(seen).toContain("/api/chat");
  expect(seen).not.toContain(CANARY);
});
