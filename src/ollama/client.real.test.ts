import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type OllamaClient, ollamaClient } from "./client.ts";
import { isStored, readManifest } from "./manifest.ts";
import { type OllamaProcess, startOllama } from "./testing/ollama-process.ts";
import { tinyGguf } from "./testing/tiny-gguf.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const gguf = tinyGguf();
const sha256 = createHash("sha256").update(gguf).digest("hex");
const template =
  "{{ range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n";
const parameters = { temperature: 0, num_ctx: 512, num_thread: 1, stop: ["<|im_end|>"] };

let dir: string;
let ollama: OllamaProcess;
let client: OllamaClient;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "qi-ollama-"));
  ollama = await startOllama(dir);
  client = ollamaClient(ollama.url);
  await writeFile(join(dir, "tiny.gguf"), gguf);
});
afterAll(async () => {
  await client?.close();
  await ollama?.kill();
  await rm(dir, { recursive: true });
});

test("says its version", async () => {
  expect(await client.version()).toBe("0.34.4");
});

test("a GGUF file becomes a model that answers", async () => {
  expect(await client.hasBlob(sha256)).toBe(false);
  let sent = 0;
  await client.putBlob(
    sha256,
    { path: join(dir, "tiny.gguf"), size: gguf.length },
    {
      onProgress: (n) => {
        sent = n;
      },
    },
  );
  expect(sent).toBe(gguf.length);
  expect(await client.hasBlob(sha256)).toBe(true);
  await client.create({ model: "tiny-1", sha256, template, parameters });
  expect((await client.show("tiny-1")).template).toBe(template);
  await client.load("tiny-1");
  expect(await client.ps()).toMatchObject([{ name: "tiny-1:latest", context_length: 512 }]);
  const token = await client.generate({
    model: "tiny-1",
    prompt: "x",
    raw: true,
    think: false,
    options: { num_predict: 1 },
  });
  expect(token).toMatchObject({ done: true, eval_count: 1 });
  const messages = [{ role: "user", content: "Hello" }] as const;
  expect(await client.chat({ model: "tiny-1", messages, think: false, options: { num_predict: 4 } })).toMatchObject({
    done: true,
  });
});

test("a blob of many pieces arrives whole", async () => {
  const bytes = randomBytes(20 << 20);
  await writeFile(join(dir, "large"), bytes);
  const digest = createHash("sha256").update(bytes).digest("hex");
  await client.putBlob(digest, { path: join(dir, "large"), size: bytes.length });
  expect(await client.hasBlob(digest)).toBe(true);
});

test("its manifest names our digest, template and parameters", async () => {
  const stored = await readManifest(ollama.modelsDir, "tiny-1");
  expect(stored).toEqual({ sha256, template, parameters });
  expect(isStored(stored, { sha256, template, parameters })).toBe(true);
  expect(isStored(stored, { sha256, template: `${template} `, parameters })).toBe(false);
  expect(isStored(stored, { sha256, template, parameters: { ...parameters, temperature: 1 } })).toBe(false);
});

test("the same input gives the same manifest digest, under another name too", async () => {
  await client.create({ model: "tiny-2", sha256, template, parameters });
  const digests = new Set((await client.tags()).map((model) => model.digest));
  expect(digests.size).toBe(1);
});

test("unloads and removes, also what is not there", async () => {
  await client.unload("tiny-1");
  expect(await client.ps()).toEqual([]);
  await client.remove("tiny-2");
  await client.remove("tiny-2");
  await client.unload("tiny-2");
  await expect(client.show("tiny-2")).rejects.toMatchObject({ code: "NotFound", retryable: false });
});

test("errors say what kind they are", async () => {
  await expect(client.create({ model: "x", sha256, template: "{{ nonsense", parameters })).rejects.toMatchObject({
    code: "Refused",
    status: 400,
  });
  await expect(client.create({ model: "x", sha256: "0".repeat(64), parameters })).rejects.toMatchObject({
    code: "Failed",
    status: 500,
  });
  await expect(
    client.putBlob("1".repeat(64), { path: join(dir, "tiny.gguf"), size: gguf.length }),
  ).rejects.toMatchObject({ code: "Refused" });
  await expect(ollamaClient("http://127.0.0.1:9").version()).rejects.toMatchObject({
    code: "Unreachable",
    retryable: true,
  });
});
