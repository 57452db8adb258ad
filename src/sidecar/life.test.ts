import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { tinyGguf } from "../ollama/testing/tiny-gguf.ts";
import { type FakeOllama, json, startFakeOllama } from "./testing/fake-ollama.ts";
import { MODEL, type Setup, type SidecarUnderTest, startSidecar, TEMPLATE } from "./testing/sidecar-under-test.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const artifact = tinyGguf();
let dir: string;
let ollama: FakeOllama;
let sidecar: SidecarUnderTest | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "qi-life-"));
  ollama = await startFakeOllama(join(dir, "models"));
});
afterEach(async () => {
  await sidecar?.stop();
  sidecar = undefined;
  await ollama[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

async function start(setup: Partial<Setup> = {}): Promise<SidecarUnderTest> {
  sidecar = await startSidecar(dir, { artifact, ollamaUrl: ollama.url, modelsDir: ollama.modelsDir, ...setup });
  return sidecar;
}

describe("on the way up", () => {
  test("it fetches, publishes, loads and asks for a token, then says what it serves", async () => {
    const it = await start();
    const status = await it.reaches("Ready");
    expect(status).toMatchObject({ reason: "Ready", model: MODEL, ollamaVersion: "0.34.4", inFlight: 0 });
    expect(status.servedDigest).toMatch(/^[0-9a-f]{64}$/);
    expect(ollama.bodies("/api/create")).toMatchObject([
      { model: MODEL, template: TEMPLATE, parameters: { num_ctx: 4096, temperature: 0 }, stream: false },
    ]);
    expect(ollama.bodies("/api/generate").at(-1)).toMatchObject({
      raw: true,
      think: false,
      options: { num_predict: 1 },
    });
    expect((await fetch(`${it.url}/ready`)).status).toBe(200);
  });

  test("the fetched file is gone once Ollama has it", async () => {
    await (await start()).reaches("Ready");
    expect(await readdir(join(dir, "work"))).toEqual([]);
  });

  test("a restart finds the model in Ollama and only loads it", async () => {
    await (await start()).reaches("Ready");
    await sidecar?.stop();
    ollama.requests.length = 0;
    await (await start({ stored: null })).reaches("Ready");
    expect(ollama.requests).toEqual(["GET /api/version", "POST /api/show", "POST /api/generate", "POST /api/generate"]);
  });

  test("a restart with another template makes the model anew", async () => {
    await (await start()).reaches("Ready");
    await sidecar?.stop();
    await (await start({ template: "{{ .Prompt }}" })).reaches("Ready");
    expect(ollama.bodies("/api/create")).toHaveLength(2);
    expect(ollama.requests).not.toContain("DELETE /api/delete");
  });

  test("it unloads what is loaded before it makes a model", async () => {
    await (await start()).reaches("Ready");
    await sidecar?.stop();
    ollama.requests.length = 0;
    await (await start({ parameters: { temperature: 1 } })).reaches("Ready");
    const [unload, create] = [
      ollama.requests.indexOf("POST /api/generate"),
      ollama.requests.indexOf("POST /api/create"),
    ];
    expect(unload).toBeGreaterThan(-1);
    expect(unload).toBeLessThan(create);
    expect(ollama.bodies("/api/generate")).toContainEqual({ model: `${MODEL}:latest`, keep_alive: 0, stream: false });
  });

  test("it waits for Ollama, saying so, and goes on when that answers", async () => {
    ollama.down = true;
    const it = await start();
    expect((await it.reaches("Waiting", "OllamaUnavailable")).nextAttemptTime).toBeDefined();
    ollama.down = false;
    await it.reaches("Ready");
  });
});

describe("what cannot be served", () => {
  test("an artifact that is truncated in the store is Failed, and it stays up", async () => {
    const it = await start({ stored: artifact.subarray(0, 1000) });
    const status = await it.reaches("Failed", "DigestMismatch");
    expect(status.nextAttemptTime).toBeUndefined();
    expect(status.servedDigest).toBeUndefined();
    const ready = await fetch(`${it.url}/ready`);
    expect([ready.status, await ready.json()]).toMatchObject([503, { reason: "DigestMismatch" }]);
    expect(ollama.requests).not.toContain("POST /api/create");
  });

  test("one that is missing is waited for: when it appears it is served", async () => {
    const it = await start({ stored: null });
    const { message } = await it.reaches("Waiting", "ArtifactNotFound");
    expect(message).toContain("ENOENT");
    const [name = ""] = message.match(/[0-9a-f]{64}/) ?? [];
    await writeFile(join(dir, "store", name), artifact);
    await it.reaches("Ready");
  });

  test("a file that is no GGUF is Failed", async () => {
    await (await start({ artifact: Buffer.from("a model? no") })).reaches("Failed", "ArtifactInvalid");
  });

  test("a URI of another kind is Failed", async () => {
    await (await start({ uri: "https://example.test/model" })).reaches("Failed", "ArtifactInvalid");
  });

  test("a template that Ollama refuses is Failed", async () => {
    ollama.script.set("/api/create", (_, response) => json(response, 400, { error: "template error: unexpected EOF" }));
    const { message } = await (await start()).reaches("Failed", "CreateRefused");
    expect(message).toContain("template error: unexpected EOF");
  });

  test("a template that Ollama ignores is Failed", async () => {
    ollama.script.set("/api/show", (_, response) => json(response, 200, { template: "{% for message in messages %}" }));
    const { message } = await (await start()).reaches("Failed", "TemplateIgnored");
    expect(message).toContain("OLLAMA_GO_TEMPLATE=1");
  });

  test("a model that does not load is tried again", async () => {
    ollama.script.set("/api/generate", (_, response) =>
      json(response, 500, { error: "model requires more system memory" }),
    );
    const it = await start();
    expect((await it.reaches("Waiting", "LoadFailed")).message).toContain("more system memory");
    ollama.script.clear();
    await it.reaches("Ready");
  });

  test("a disk that is full at Ollama is StorageFull", async () => {
    ollama.script.set("/api/create", (_, response) =>
      json(response, 500, { error: "write /models/x: no space left on device" }),
    );
    await (await start()).reaches("Waiting", "StorageFull");
  });
});

describe("after it was ready", () => {
  const failing = (_: unknown, response: Parameters<typeof json>[0]) =>
    json(response, 500, { error: "unexpected EOF" });

  test("an error of the engine makes it unready until a token comes again", async () => {
    const it = await start();
    await it.reaches("Ready");
    ollama.script.set("/api/chat", failing);
    ollama.script.set("/api/generate", failing);
    expect((await it.post("/api/chat", {})).status).toBe(500);
    const status = await it.reaches("Unready", "EngineFailed");
    expect(status.servedDigest).toBeUndefined();
    const refused = await it.post("/api/chat", {});
    expect([refused.status, Number(refused.headers.get("retry-after")) > 0]).toEqual([503, true]);
    ollama.script.clear();
    await it.reaches("Ready");
  });

  test("when idle it asks for a token now and then, and notices that none comes", async () => {
    const it = await start({ health: { idleSeconds: 0.05 } });
    await it.reaches("Ready");
    ollama.script.set("/api/generate", failing);
    await it.reaches("Unready", "EngineFailed");
  });

  test("an Ollama that is away and comes back with its models is loaded again, without the store", async () => {
    const it = await start({ health: { idleSeconds: 0.05 } });
    await it.reaches("Ready");
    ollama.down = true;
    await rm(join(dir, "store"), { recursive: true });
    await it.reaches("Unready", "OllamaUnavailable");
    ollama.down = false;
    await it.reaches("Ready");
    expect(ollama.bodies("/api/create")).toHaveLength(1);
  });

  test("an Ollama that comes back without its models gets them anew", async () => {
    const it = await start({ health: { idleSeconds: 0.05 } });
    await it.reaches("Ready");
    ollama.down = true;
    await it.reaches("Unready");
    await ollama.forget();
    ollama.down = false;
    await it.reaches("Ready");
    expect(ollama.bodies("/api/create")).toHaveLength(2);
  });

  test("a token of a request that is being answered is proof enough while ours has to wait", async () => {
    const it = await start();
    await it.reaches("Ready");
    const stream = new Promise<Parameters<typeof json>[0]>((resolve) => {
      ollama.script.set("/api/chat", (_, response) => {
        response.write('{"done":false}\n');
        resolve(response);
      });
    });
    const answer = await it.post("/api/chat", {});
    const long = await stream;
    ollama.script.set("/api/generate", () => {}); // ours waits behind the long one
    ollama.script.set("/api/embed", failing);
    await it.post("/api/embed", {});
    await it.reaches("Unready");
    long.write('{"done":false}\n');
    await it.reaches("Ready");
    long.end('{"done":true}\n');
    await answer.text();
  });
});
