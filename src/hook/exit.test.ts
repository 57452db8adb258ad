import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { Collector } from "./testing/collector.ts";

const INDEX = new URL("./index.ts", import.meta.url).href;

/** Runs an agent to its end. Its timeouts are far longer than this test waits. */
async function agent(url: string, options: string, then: string): Promise<{ code: number | null; out: string }> {
  const source = `
    import { createHook } from ${JSON.stringify(INDEX)};
    const hook = createHook({ url: ${JSON.stringify(url)}, apiKey: "key", servedModel: "coder", intervalMs: 1,
      timeoutMs: 600_000, connectTimeoutMs: 600_000, retryLongestMs: 600_000, ${options} });
    hook.rated(hook.record({ input: "question", output: "answer" }), 5);
    ${then}`;
  const flags = ["--input-type=module-typescript", "-e", source];
  const child: ChildProcess = spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "pipe"] });
  const out: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => out.push(chunk));
  const limit = setTimeout(() => child.kill("SIGKILL"), 20_000);
  const [code] = await once(child, "close");
  clearTimeout(limit);
  return { code, out: Buffer.concat(out).toString() };
}

/** Long enough that a request is on its way. */
const LATER = "await new Promise((resolve) => setTimeout(resolve, 100));";

test("an agent that ends is not kept alive by what is queued", async () => {
  expect(await agent("http://127.0.0.1:1", "", "")).toEqual({ code: 0, out: "" });
  expect(await agent("http://127.0.0.1:1", "", LATER)).toEqual({ code: 0, out: "" });
}, 60_000);

test("an agent that ends is not kept alive by a server that does not answer", async () => {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as { port: number };
  let connections = 0;
  silent.on("connection", () => connections++);
  expect(await agent(`http://127.0.0.1:${port}`, "", LATER)).toEqual({ code: 0, out: "" });
  expect(connections).toBe(1);
  silent.close();
}, 60_000);

test("an agent that waits for a flush or close at its end is kept alive that long", async () => {
  await using api = await Collector.start();
  expect(await agent(api.url, "", "console.log(await hook.flush());")).toEqual({ code: 0, out: "true\n" });
  expect(await agent(api.url, "", "console.log(await hook.close());")).toEqual({ code: 0, out: "true\n" });
  expect(await agent("http://127.0.0.1:1", "", "console.log(await hook.close(100));")).toEqual({
    code: 0,
    out: "false\n",
  });
  expect(api.stored.size).toBe(4);
}, 60_000);

test("on request the process waits at its end for what is queued, but no longer than it was told", async () => {
  await using api = await Collector.start();
  expect(await agent(api.url, "flushOnExitMs: 10_000", "")).toEqual({ code: 0, out: "" });
  expect(api.stored.size).toBe(2);
  expect(await agent("http://127.0.0.1:1", "flushOnExitMs: 100", "")).toEqual({ code: 0, out: "" });
}, 60_000);

test("options that cannot be used are told once on stderr where nobody listens", async () => {
  const { code, out } = await agent("ftp://server", "", LATER);
  expect(code).toBe(0);
  expect(out).toContain("qi-learning records nothing: `url` is not an http or https address");
}, 60_000);
