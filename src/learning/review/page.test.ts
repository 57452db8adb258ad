import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONTENT_SECURITY_POLICY, PAGE_FOLDER, readPage } from "./page.ts";
import { type ReviewServer, startReviewServer } from "./testing/review-server.ts";

const files = await readPage();
const text = async (name: string) => readFile(new URL(name, PAGE_FOLDER), "utf8");
const scripts = files.map(({ name }) => name).filter((name) => name.endsWith(".js"));

describe("the page's files", () => {
  /** Ways by which text could become markup or script. */
  const SINKS =
    /\b(innerHTML|outerHTML|insertAdjacentHTML|setHTML|setHTMLUnsafe|parseHTMLUnsafe|createContextualFragment|DOMParser|srcdoc|eval|Function|importScripts|document\.write(ln)?)\b|\bsetTimeout\(\s*["'`]|javascript:|["'`]on[a-z]+["'`]\s*:|setAttribute\(\s*["'`]on/;

  it.each(scripts)("%s makes no markup of text", async (name) => {
    expect((await text(name)).match(SINKS)?.[0]).toBeUndefined();
  });

  it("have a test that would see such a sink", () => {
    for (const bad of [
      "x.innerHTML = y",
      'new Function("x")',
      'el("a", { "onclick": x })',
      "location = `javascript:1`",
    ]) {
      expect(bad).toMatch(SINKS);
    }
  });

  it("have no inline script, style or handler", async () => {
    const html = await text("index.html");
    expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)/i);
    expect(html).not.toMatch(/https?:\/\//);
  });

  it("name no file that is not served", async () => {
    const served = new Set(files.map(({ name }) => `/review/${name}`));
    for (const [, path] of (await text("index.html")).matchAll(/(?:href|src)="([^"]+)"/g)) {
      expect(served).toContain(path);
    }
    for (const name of scripts) {
      for (const [, imported] of (await text(name)).matchAll(/from "\.\/([^"]+\.js)"/g)) {
        expect(served).toContain(`/review/${imported}`);
      }
    }
  });
});

describe("the page as it is served", () => {
  let server: ReviewServer;
  beforeAll(async () => {
    server = await startReviewServer();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  it("is forbidden all that it does not need", async () => {
    const { statusCode, headers } = await server.app.inject({ url: "/review" });
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": CONTENT_SECURITY_POLICY,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
    });
    expect(CONTENT_SECURITY_POLICY).toContain("default-src 'none'");
    expect(CONTENT_SECURITY_POLICY).toContain("require-trusted-types-for 'script'");
    expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe|\*|data:|https?:/);
  });

  it("is not sent again to who has it", async () => {
    const first = await server.app.inject({ url: "/review/main.js" });
    expect(first.headers["content-type"]).toBe("text/javascript; charset=utf-8");
    const etag = first.headers.etag;
    const again = await server.app.inject({ url: "/review/main.js", headers: { "if-none-match": etag } });
    expect([again.statusCode, again.body]).toEqual([304, ""]);
  });

  it.each(["/review/../package.json", "/review/%2e%2e/page.ts", "/review/tsconfig.json", "/review/types.d.ts"])(
    "is all there is to be had: not %s",
    async (url) => {
      expect((await server.app.inject({ url })).statusCode).toBe(404);
    },
  );

  it("sends the same headers with every answer of the API", async () => {
    const { headers, statusCode } = await server.app.inject({ url: "/v1/reviews" });
    expect(statusCode).toBe(401);
    expect(headers["content-security-policy"]).toBe(CONTENT_SECURITY_POLICY);
    expect(headers["cache-control"]).toBe("no-store");
  });
});
