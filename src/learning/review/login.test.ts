import { describe, expect, it } from "vitest";
import { ManualClock } from "../../testing/clock.ts";
import type { Role } from "../store/index.ts";
import { SESSION_LIMITS } from "./session.ts";
import { type ReviewServer, type ReviewServerOptions, startReviewServer } from "./testing/review-server.ts";

const HOST = "learn.example.com";
const OWN = { host: HOST, origin: `https://${HOST}`, "sec-fetch-site": "same-origin" };
const EVIL = { host: HOST, origin: "https://evil.example", "sec-fetch-site": "cross-site" };

/** A browser's view: one cookie jar, and what it asks. */
async function browser(options: ReviewServerOptions & { readonly roles?: readonly Role[] } = {}) {
  const { roles = ["reviewer"], ...rest } = options;
  const server = await startReviewServer({ cookie: "secure", ...rest });
  const { id, key } = await server.addKey(roles);
  let cookie = "";
  let csrf = "";
  const ask = async (method: "GET" | "POST", url: string, more: Record<string, string> = {}, payload?: object) => {
    const headers = { ...OWN, ...(cookie === "" ? {} : { cookie }), ...more };
    const answer = await server.app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
    const set = answer.headers["set-cookie"];
    if (typeof set === "string") cookie = set.split(";")[0] ?? "";
    return answer;
  };
  return {
    server,
    id,
    key,
    ask,
    async login(headers: Record<string, string> = {}, text = key) {
      const answer = await ask("POST", "/review/login", headers, { key: text });
      if (answer.statusCode === 200) csrf = answer.json().csrf;
      return answer;
    },
    lease: (headers: Record<string, string> = {}) =>
      ask("POST", "/v1/reviews/lease", { "x-qi-csrf": csrf, ...headers }, {}),
    session: () => ask("GET", "/review/session"),
    get cookie() {
      return cookie;
    },
    set cookie(value: string) {
      cookie = value;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

describe("logging in", () => {
  it("makes a session of a key, which the cookie does not contain", async () => {
    await using ada = await browser();
    const answer = await ada.login();
    expect(answer.json()).toMatchObject({
      user: { id: ada.id, name: "Ada", roles: ["reviewer"] },
      policies: ["team-a/coder", "team-a/docs"],
    });
    expect(answer.headers["set-cookie"]).toMatch(/^__Host-qi-session=v1\.[\w-]+; .*HttpOnly; Secure; SameSite=Strict$/);
    expect(answer.headers["set-cookie"]).not.toContain(ada.key.slice(-43));
    expect((await ada.session()).statusCode).toBe(200);
    expect((await ada.ask("GET", "/v1/reviews")).statusCode).toBe(200);
  });

  it("works by a form, too, before the page's script does", async () => {
    await using ada = await browser();
    const headers = { ...OWN, "content-type": "application/x-www-form-urlencoded" };
    const payload = new URLSearchParams({ key: ada.key }).toString();
    const answer = await ada.server.app.inject({ method: "POST", url: "/review/login", headers, payload });
    expect([answer.statusCode, answer.headers.location]).toEqual([303, "/review"]);
    expect(answer.headers["set-cookie"]).toContain("__Host-qi-session=v1.");
  });

  it("gives a new session each time: none can be planted before", async () => {
    await using ada = await browser();
    await ada.login();
    const planted = ada.cookie;
    await ada.login();
    expect(ada.cookie).not.toBe(planted);
  });

  it.each([
    ["an unknown key", "qil_0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 401, "Unauthenticated"],
    ["no key at all", "hello", 401, "Unauthenticated"],
    ["an empty one", "", 400, "Invalid"],
  ])("is refused with %s", async (_, text, status, code) => {
    await using ada = await browser();
    const answer = await ada.login({}, text);
    expect([answer.statusCode, answer.json().code, answer.headers["set-cookie"]]).toEqual([status, code, undefined]);
    expect(answer.body).not.toContain("AAAA");
  });

  it("is refused to a key that has nothing to do with reviews", async () => {
    await using agent = await browser({ roles: ["agent"] });
    expect((await agent.login()).json().code).toBe("Forbidden");
  });

  it("is refused to another site's page, which would read what is decided under its own key", async () => {
    await using ada = await browser();
    expect((await ada.login(EVIL)).json().code).toBe("ForeignRequest");
    expect((await ada.login({ origin: "", "sec-fetch-site": "cross-site" })).statusCode).toBe(403);
  });

  it("is slowed down for who tries and tries", async () => {
    await using ada = await browser({ clock: new ManualClock(Date.now()) });
    const codes = [];
    for (let count = 0; count < 25; count += 1) codes.push((await ada.login({}, "wrong")).statusCode);
    expect(codes.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401));
    expect(codes.slice(20)).toEqual(Array.from({ length: 5 }, () => 429));
  });

  it("without TLS is for this machine alone", async () => {
    await using ada = await browser({ cookie: "loopback" });
    expect((await ada.login()).headers["set-cookie"]).toMatch(/^qi-session=.*HttpOnly; SameSite=Strict$/);
    const answer = await ada.server.app.inject({
      method: "POST",
      url: "/review/login",
      remoteAddress: "192.0.2.7",
      headers: OWN,
      payload: { key: ada.key },
    });
    expect(answer.json().code).toBe("Forbidden");
  });
});

describe("a session", () => {
  it.each([
    ["by another site", EVIL, 403],
    ["by another site's form, which sends no token", { ...EVIL, "x-qi-csrf": "" }, 403],
    ["by our own page without its token", { "x-qi-csrf": "" }, 403],
    ["by our own page with another session's token", { "x-qi-csrf": "AAAA" }, 403],
    [
      "by a sister domain that knows the token",
      { origin: "https://app.example.com", "sec-fetch-site": "same-site" },
      403,
    ],
    ["by our own page", {}, 200],
  ])("changes something when asked %s: %i", async (_, headers, status) => {
    await using ada = await browser();
    await ada.login();
    expect((await ada.lease(headers as Record<string, string>)).statusCode).toBe(status);
  });

  it("opens no other door of the API", async () => {
    await using ada = await browser({ roles: ["admin"] });
    await ada.login();
    expect((await ada.ask("GET", "/v1/keys")).statusCode).toBe(401);
    expect((await ada.ask("GET", "/v1/interactions")).statusCode).toBe(401);
  });

  it("ends with its key, at once", async () => {
    await using ada = await browser();
    await ada.login();
    await ada.server.store.keys.revoke("team-a", ada.id, Date.now());
    expect((await ada.session()).statusCode).toBe(401);
    expect((await ada.lease()).statusCode).toBe(401);
  });

  it("ends when nobody uses it", async () => {
    await using ada = await browser({ clock: new ManualClock(Date.now()) });
    await ada.login();
    await advance(ada.server, SESSION_LIMITS.idleMs);
    expect((await ada.session()).statusCode).toBe(401);
  });

  it("goes on while it is used, but not for ever", async () => {
    await using ada = await browser({ clock: new ManualClock(Date.now()) });
    await ada.login();
    const step = SESSION_LIMITS.idleMs / 2;
    for (let passed = step; passed < SESSION_LIMITS.absoluteMs; passed += step) {
      await advance(ada.server, step);
      expect((await ada.session()).statusCode).toBe(200);
    }
    await advance(ada.server, step);
    expect((await ada.session()).statusCode).toBe(401);
  });

  it("ends by logging out, for a copy of its cookie as well", async () => {
    await using ada = await browser();
    const { csrf } = (await ada.login()).json();
    const copy = ada.cookie;
    const answer = await ada.ask("POST", "/review/logout", { "x-qi-csrf": csrf }, {});
    expect(answer.headers["set-cookie"]).toMatch(/^__Host-qi-session=; Max-Age=0;/);
    ada.cookie = copy;
    expect((await ada.session()).statusCode).toBe(401);
  });

  it("does not come from a cookie that was changed, or came twice", async () => {
    await using ada = await browser();
    await ada.login();
    const real = ada.cookie;
    ada.cookie = `${real.slice(0, -2)}AA`;
    expect((await ada.session()).statusCode).toBe(401);
    ada.cookie = `${real}; ${real}`;
    expect((await ada.session()).statusCode).toBe(401);
  });
});

async function advance({ clock }: ReviewServer, ms: number): Promise<void> {
  if (clock instanceof ManualClock) await clock.advance(ms);
}
