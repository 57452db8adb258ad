import { createHash } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";

/**
 * A fake, for what a real Ollama cannot be made to do on demand. It imitates, as seen on 0.34.4: the blob and manifest
 * files that create leaves in OLLAMA_MODELS, HEAD/POST of blobs, create, show, ps, load and unload by keep_alive, one-token
 * generate, 404 for unknown models, and closed connections while it is down. It runs no model: answers are scripted.
 * `life.real.test.ts` does the same with the real one.
 */
export interface FakeOllama extends AsyncDisposable {
  readonly url: string;
  readonly modelsDir: string;
  /** `METHOD /path` of every request that came, in order. */
  readonly requests: string[];
  /** The JSON bodies of the requests to `path`. */
  bodies(path: string): Record<string, unknown>[];
  /** Answers requests to these paths instead of what it would do. */
  readonly script: Map<string, (body: Record<string, unknown>, response: ServerResponse) => void>;
  /** While true every connection is reset. */
  down: boolean;
  /** Forgets its models, as an emptyDir of a new pod. */
  forget(): Promise<void>;
}

export async function startFakeOllama(modelsDir: string): Promise<FakeOllama> {
  const sent: { path: string; body: Record<string, unknown> }[] = [];
  const blobs = new Set<string>();
  const models = new Map<string, { template: string }>();
  const loaded = new Set<string>();

  async function putBlob(digest: string, bytes: Buffer): Promise<number> {
    if (digest !== `sha256:${createHash("sha256").update(bytes).digest("hex")}`) return 400;
    await mkdir(join(modelsDir, "blobs"), { recursive: true });
    await writeFile(join(modelsDir, "blobs", digest.replace(":", "-")), bytes);
    blobs.add(digest);
    return 201;
  }

  async function layer(kind: string, text: string) {
    const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
    await putBlob(digest, Buffer.from(text));
    return { mediaType: `application/vnd.ollama.image.${kind}`, digest };
  }

  async function create(body: Record<string, unknown>, response: ServerResponse): Promise<void> {
    const {
      model = "",
      files = {},
      template = "",
      parameters = {},
    } = body as { model?: string; files?: Record<string, string>; template?: string; parameters?: object };
    const digest = Object.values(files)[0] ?? "";
    if (!blobs.has(digest)) return json(response, 500, { error: "blob not found" });
    const model_ = { mediaType: "application/vnd.ollama.image.model", digest };
    const layers = [model_, await layer("template", template), await layer("params", JSON.stringify(parameters))];
    const folder = join(modelsDir, "manifests", "registry.ollama.ai", "library", model);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "latest"), JSON.stringify({ schemaVersion: 2, layers }));
    models.set(model, { template });
    json(response, 200, { status: "success" });
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (fake.down) return void request.socket.destroy();
    const path = request.url ?? "";
    const raw = Buffer.concat(await request.toArray());
    fake.requests.push(`${request.method} ${path}`);
    if (path.startsWith("/api/blobs/")) {
      const digest = path.slice("/api/blobs/".length);
      const status = request.method === "HEAD" ? (blobs.has(digest) ? 200 : 404) : await putBlob(digest, raw);
      return void response.writeHead(status).end();
    }
    const body = raw.length === 0 ? {} : JSON.parse(raw.toString());
    sent.push({ path, body });
    const scripted = fake.script.get(path);
    if (scripted !== undefined) return scripted(body, response);
    const name = String(body.model ?? "");
    switch (path) {
      case "/api/version":
        return json(response, 200, { version: "0.34.4" });
      case "/api/create":
        return await create(body, response);
      case "/api/show": {
        const model = models.get(name);
        return model === undefined
          ? json(response, 404, { error: `model '${name}:latest' not found` })
          : json(response, 200, model);
      }
      case "/api/ps":
        return json(response, 200, {
          models: [...loaded].map((name) => ({ name: `${name}:latest`, digest: "d", size: 1 })),
        });
      case "/api/generate":
        if (!models.has(name)) return json(response, 404, { error: `model '${name}' not found` });
        if (body.keep_alive === 0) loaded.delete(name);
        else loaded.add(name);
        return json(response, 200, { model: name, response: "t", done: true, prompt_eval_count: 1, eval_count: 1 });
      default:
        return json(response, 404, { error: "not found" });
    }
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const fake: FakeOllama = {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
    modelsDir,
    requests: [],
    script: new Map(),
    down: false,
    bodies: (path) => sent.filter((one) => one.path === path).map((one) => one.body),
    async forget() {
      for (const known of [blobs, models, loaded]) known.clear();
      await rm(modelsDir, { recursive: true, force: true });
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
