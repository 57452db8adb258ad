import { describe, expect, it } from "vitest";
import { type Handler, json, ScriptedServer } from "../testing/http.ts";
import { Client } from "./client.ts";
import { ApiError } from "./errors.ts";
import type { KubeObject } from "./object.ts";
import { ConfigMaps } from "./resources.ts";

const object: KubeObject = {
  apiVersion: "learning.qi.dev/v1alpha1",
  kind: "QualityPolicy",
  metadata: { name: "chat", namespace: "team-a", resourceVersion: "7" },
};
const write = { fieldManager: "qi-learning-test" };

async function asking(handler: Handler, ask: (client: Client) => Promise<unknown>) {
  const seen: { method?: string | undefined; url?: string; headers: Record<string, unknown>; body: string }[] = [];
  await using server = await ScriptedServer.start([
    (request, response, url) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        seen.push({ method: request.method, url: url.pathname + url.search, headers: request.headers, body });
        handler(request, response, url);
      });
    },
  ]);
  const client = new Client({ server: server.address, token: async () => "very-secret", namespace: "team-a" });
  try {
    return { result: await ask(client), request: seen[0] };
  } catch (error) {
    return { error: error as ApiError, request: seen[0] };
  } finally {
    await client.close();
  }
}

describe("the client", () => {
  it("applies with force, as one field manager, to a subresource", async () => {
    const { request } = await asking(json(object), (client) =>
      client.apply(object, { ...write, subresource: "status" }),
    );
    expect(request).toMatchObject({
      method: "PATCH",
      url: "/apis/learning.qi.dev/v1alpha1/namespaces/team-a/qualitypolicies/chat/status?fieldManager=qi-learning-test&force=true",
      headers: { "content-type": "application/apply-patch+yaml", authorization: "Bearer very-secret" },
      body: JSON.stringify(object),
    });
  });

  it("removes in the background, exactly the object meant", async () => {
    const ref = { resource: ConfigMaps, namespace: "team-a", name: "a", uid: "u1" };
    const { request } = await asking(json({}), (client) => client.remove(ref));
    expect(JSON.parse(request?.body ?? "")).toMatchObject({
      propagationPolicy: "Background",
      preconditions: { uid: "u1" },
    });
    for (const code of [404, 409])
      expect(await asking(json({ message: "uid mismatch" }, code), (client) => client.remove(ref))).not.toHaveProperty(
        "error",
      );
    expect(await asking(json({}, 403), (client) => client.remove(ref))).toMatchObject({
      error: { status: 403, retryable: false },
    });
  });

  it("answers undefined for what does not exist", async () => {
    const { result } = await asking(json({ reason: "NotFound" }, 404), async (client) => [
      await client.get(ConfigMaps, { namespace: "a", name: "b" }),
    ]);
    expect(result).toEqual([undefined]);
  });

  it("reads the end of a log", async () => {
    const { request, result } = await asking(
      (_, response) => void response.end("last words"),
      (client) => client.logs({ namespace: "team-a", name: "pod-1" }, "main", { tailLines: 5, limitBytes: 100 }),
    );
    expect([request?.url, result]).toEqual([
      "/api/v1/namespaces/team-a/pods/pod-1/log?container=main&tailLines=5&limitBytes=100",
      "last words",
    ]);
  });

  it("says in an error what was tried and what the server said, and never a token", async () => {
    const status = { kind: "Status", reason: "Invalid", message: 'spec.mode: Unsupported value: "Off"' };
    const { error } = await asking(json(status, 422), (client) => client.create(object, write));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 422, reason: "Invalid", retryable: false });
    expect(error?.message).toBe('create qualitypolicies team-a/chat: 422 Invalid: spec.mode: Unsupported value: "Off"');
    expect(JSON.stringify(error) + error?.stack).not.toContain("very-secret");
  });

  it("tells a server that cannot be reached from one that refuses, and either from one that is busy", async () => {
    const reset: Handler = (request) => void request.socket.resetAndDestroy();
    expect((await asking(reset, (client) => client.list(ConfigMaps))).error).toMatchObject({
      status: 0,
      reason: "Unreachable",
      retryable: true,
    });
    const busy = json("later", 429, { "retry-after": "3" });
    expect((await asking(busy, (client) => client.list(ConfigMaps))).error).toMatchObject({
      retryable: true,
      retryAfter: 3000,
    });
    const page: Handler = (_, response) => void response.writeHead(502).end("<html>bad gateway</html>");
    expect((await asking(page, (client) => client.list(ConfigMaps))).error?.message).toContain(
      "502 InternalError: <html>bad gateway",
    );
  });

  it("fails as its caller aborted it", async () => {
    const reason = new Error("out of time");
    const signal = AbortSignal.timeout(20);
    const never: Handler = () => {};
    const { error } = await asking(never, (client) => client.list(ConfigMaps, { signal: AbortSignal.any([signal]) }));
    expect((error as unknown as DOMException).name).toBe("TimeoutError");
    const aborted = await asking(never, (client) => client.list(ConfigMaps, { signal: AbortSignal.abort(reason) }));
    expect(aborted.error).toBe(reason);
  });
});
