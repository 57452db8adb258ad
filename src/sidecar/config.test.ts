import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readConfig, sidecarConfig } from "./config.ts";

const smallest = {
  modelVersion: { namespace: "learning", name: "coder-9c41d7aa", uid: "u" },
  model: "coder-9c41d7aa",
  artifact: { uri: "s3://learning/models/a", sha256: "a".repeat(64), format: "GGUF" },
  contextLength: 8192,
  parallel: 4,
  modelsDir: "/models",
  workDir: "/work",
};

test("the smallest configuration is enough", () => {
  expect(sidecarConfig.parse(smallest)).toMatchObject({
    ollamaUrl: "http://127.0.0.1:11434",
    listen: { host: "0.0.0.0", port: 8080 },
    health: { idleSeconds: 30 },
    aliases: [],
  });
});

test("a wrong one is refused in one sentence that names the fields", async () => {
  const dir = await mkdtemp(join(tmpdir(), "qi-config-"));
  const path = join(dir, "sidecar.json");
  await writeFile(path, JSON.stringify({ ...smallest, model: "a/b", extra: 1 }));
  await expect(readConfig(path)).rejects.toThrow(/is wrong: model: a model name without a tag; .*extra/);
  await writeFile(path, "{");
  await expect(readConfig(path)).rejects.toThrow("is not JSON");
  await expect(readConfig(join(dir, "none"))).rejects.toThrow("cannot read");
  await rm(dir, { recursive: true });
});
