import { Writable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ApiUnderTest, startApi, TENANT } from "../learning/http/testing/api-under-test.ts";
import { replayCommand } from "./replay.ts";

let api: ApiUnderTest;
let url: string;
let key: string;
beforeEach(async () => {
  api = await startApi();
  key = await api.key("admin");
  url = await api.app.listen({ host: "127.0.0.1", port: 0 });
});
afterEach(() => api.close());

/** What the command answers, and what it wrote. */
async function replay(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { out: "", err: "" };
  const into = (name: "out" | "err") =>
    new Writable({
      write(chunk: Buffer, _, done) {
        written[name] += chunk;
        done();
      },
    });
  const code = await replayCommand(args, { QI_KEY: key }, into("out"), into("err"));
  return { code, ...written };
}

async function given(reasons: readonly string[]): Promise<string[]> {
  const items = reasons.map(() => api.interaction({}));
  await api.call("POST", "/v1/interactions", { key, body: { interactions: items } });
  for (const [n, reason] of reasons.entries())
    await api.store.work.bury({ tenant: TENANT, id: items[n]?.id ?? "", feedbackSeq: 0 }, reason, 5, api.clock.now());
  return items.map(({ id }) => id);
}

test("what was given up is listed with its reason, and tried again: one, or all", async () => {
  const [first = "", second = ""] = await given(["NoGrammar", "TooLarge", "TooLarge"]);
  const listed = await replay("--url", url, "--list");
  expect(listed).toMatchObject({ code: 0, err: "" });
  expect(listed.out.trim().split("\n")).toHaveLength(3);
  expect(listed.out).toMatch(new RegExp(`${first}  \\S+Z  5 tries  NoGrammar\n`));
  expect(await replay("--url", url, first)).toEqual({ code: 0, out: "1 will be tried again.\n", err: "" });
  expect((await replay("--url", url, "--list")).out).not.toContain(first);
  expect((await replay("--url", url, first, second)).out).toBe("1 will be tried again.\n");
  expect((await replay("--url", `${url}/`)).out).toBe("1 will be tried again.\n");
  expect((await replay("--url", url, "--list")).out).toBe("Nothing was given up.\n");
});

test("a key that may not, an API that is away, and misuse each have one clear line", async () => {
  key = await api.key("agent");
  const refused = await replay("--url", url);
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/^replay: the learning API answers 403 .+\n$/);
  expect(refused.err).not.toContain(key);
  const away = await replay("--url", "http://127.0.0.1:1");
  expect(away.code).toBe(1);
  expect(away.err).toMatch(/^replay: http:\/\/127\.0\.0\.1:1 does not answer \(.+\)\n$/);
  for (const [args, complaint] of [
    [["--url", "nowhere"], "--url nowhere is no URL"],
    [["--url", url, "one"], "one is no id of an interaction"],
    [["--all"], "Unknown option '--all'"],
  ] as const) {
    const misused = await replay(...args);
    expect(misused.code).toBe(2);
    expect(misused.err).toContain(`replay: ${complaint}`);
  }
  expect((await replay("--help")).out).toContain("usage: qi-learning replay");
});
