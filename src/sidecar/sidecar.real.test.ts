import { mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ArtifactStore, openStore } from "../artifacts/index.ts";
import { startVersitygw, type Versitygw } from "../artifacts/testing/versitygw.ts";
import { ollamaClient } from "../ollama/index.ts";
import { type OllamaProcess, startOllama } from "../ollama/testing/ollama-process.ts";
import { tinyGguf } from "../ollama/testing/tiny-gguf.ts";
import { MODEL, type Setup, type SidecarUnderTest, startSidecar } from "./testing/sidecar-under-test.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const artifact = tinyGguf();
/** Better equipped than our Go template, so that Ollama prefers it. */
const TOOLS_TEMPLATE =
  "{%- if tools %}{{ tools }}{% endif %}{% for m in messages %}{% if m.tool_calls %}<tool_call>{{ m.tool_calls }}</tool_call>{% endif %}{{ m.content }}{% endfor %}";
/** Long enough to be in the middle of it, and random, since Ollama ends an answer that repeats one token. */
const LONG = {
  think: false,
  options: { num_predict: 100_000, temperature: 2 },
  messages: [{ role: "user", content: "Hello" }],
};

let dir: string;
let s3: Versitygw;
let store: ArtifactStore;
let ollama: OllamaProcess;
let sidecar: SidecarUnderTest | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "qi-sidecar-"));
  s3 = await startVersitygw(dir, "learning");
  store = openStore("s3://learning", s3.env);
  ollama = await startOllama(dir);
});
afterEach(async () => {
  await sidecar?.stop();
  sidecar = undefined;
  await ollama?.kill();
  await s3?.kill();
  await rm(dir, { recursive: true });
});

async function start(setup: Partial<Setup> = {}): Promise<SidecarUnderTest> {
  const bytes = setup.artifact ?? artifact;
  const { uri } = await store.put("models", bytes);
  const parameters = { temperature: 0, num_thread: 1 };
  const base = { artifact: bytes, uri, env: s3.env, ollamaUrl: ollama.url, modelsDir: ollama.modelsDir, parameters };
  sidecar = await startSidecar(dir, { ...base, ...setup });
  return sidecar;
}

/** A streamed answer of which the first piece has come. */
async function longAnswer(it: SidecarUnderTest): Promise<{ rest: Promise<string> }> {
  const answer = await it.post("/api/chat", LONG);
  expect(answer.status).toBe(200);
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = (await reader?.read())?.value ?? "";
  const rest = (async () => {
    for (;;) {
      const piece = await reader?.read();
      if (piece?.done !== false) return text;
      text = (text + piece.value).slice(-2000);
    }
  })();
  rest.catch(() => {});
  return { rest };
}

test("an artifact in S3 becomes a model that answers in both APIs", async () => {
  const it = await start();
  await it.reaches("Ready");
  const messages = [{ role: "user", content: "Hello" }];
  const chat = await it.post("/api/chat", {
    model: "qi-coder",
    messages,
    think: false,
    stream: false,
    options: { num_predict: 5 },
  });
  expect(await chat.json()).toMatchObject({ model: MODEL, done: true, eval_count: 5 });
  const openai = await it.post("/v1/chat/completions", { model: "qi-coder", messages, max_tokens: 5, stream: true });
  expect(await openai.text()).toContain("data: [DONE]");
  expect((await it.post("/api/show", {})).status).toBe(200);
  const metrics = await (await fetch(`${it.url}/metrics`)).text();
  expect(metrics).toContain('qi_sidecar_tokens_total{kind="generated"} 5');
});

test("a request cannot make Ollama load the model anew or drop it", async () => {
  const it = await start();
  await it.reaches("Ready");
  const engines = await ollama.engines();
  for (const body of [{ keep_alive: 0 }, { prompt: "x", stream: false, options: { num_ctx: 256, num_predict: 1 } }]) {
    expect((await it.post("/api/generate", body)).status).toBe(200);
  }
  expect(await ollama.engines()).toEqual(engines);
  expect(engines).toHaveLength(1);
});

test("Ollama killed while answering: unready; started again: ready, without the store", async () => {
  const it = await start();
  await it.reaches("Ready");
  const { rest } = await longAnswer(it);
  await ollama.kill();
  await expect(rest).rejects.toThrow();
  await it.reaches("Unready");
  await s3.kill();
  await ollama.start();
  expect((await it.reaches("Ready")).servedDigest).toBeDefined();
});

test("the engine killed while answering: the answer says so, and a token brings it back", async () => {
  const it = await start();
  await it.reaches("Ready");
  const before = await ollama.engines();
  const { rest } = await longAnswer(it);
  for (const pid of before) process.kill(pid, "SIGKILL");
  expect(await rest.catch(() => '"error"')).toContain('"error"');
  await expect.poll(() => it.log.join("")).toContain("EngineFailed");
  await it.reaches("Ready");
  expect(await ollama.engines()).not.toEqual(before);
});

test("Ollama killed and its models lost: they are brought again", async () => {
  const it = await start({ health: { idleSeconds: 0.2 } });
  await it.reaches("Ready");
  await ollama.kill();
  await it.reaches("Unready", "OllamaUnavailable");
  await rm(ollama.modelsDir, { recursive: true });
  await ollama.start();
  await it.reaches("Ready");
});

test("a restarted sidecar finds the model in Ollama; the store may be down", async () => {
  await (await start()).reaches("Ready");
  await sidecar?.stop();
  const uri = `s3://learning/models/${"0".repeat(64)}`;
  await s3.kill();
  sidecar = await startSidecar(dir, {
    artifact,
    uri,
    env: s3.env,
    ollamaUrl: ollama.url,
    modelsDir: ollama.modelsDir,
    parameters: { temperature: 0, num_thread: 1 },
  });
  await sidecar.reaches("Ready");
});

test("an artifact truncated in S3 is Failed with DigestMismatch, nothing of it is published, and it stays up", async () => {
  const { uri } = await store.put("models", artifact);
  await truncate(join(s3.folder, uri.slice("s3://".length)), 1000);
  const it = await start();
  await it.reaches("Failed", "DigestMismatch");
  const client = ollamaClient(ollama.url);
  expect(await client.tags()).toEqual([]);
  await client.close();
  expect((await it.status()).state).toBe("Failed");
});

test("credentials that the store refuses are StoreUnauthorized, and appear nowhere", async () => {
  const it = await start({ env: { ...s3.env, AWS_SECRET_ACCESS_KEY: "canary-secret" } });
  await it.reaches("Waiting", "StoreUnauthorized");
  expect(JSON.stringify(await it.status()) + it.log.join("")).not.toContain("canary-secret");
});

test("a GGUF whose own template Ollama prefers is Failed with TemplateIgnored; OLLAMA_GO_TEMPLATE=1 mends it", async () => {
  const tools = tinyGguf({ chatTemplate: TOOLS_TEMPLATE });
  await (await start({ artifact: tools })).reaches("Failed", "TemplateIgnored");
  await sidecar?.stop();
  await ollama.kill();
  ollama = await startOllama(dir, { OLLAMA_GO_TEMPLATE: "1" });
  await (await start({ artifact: tools })).reaches("Ready");
});
