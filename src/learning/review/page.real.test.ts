import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createLogger } from "../../runtime/logging.ts";
import { openBrowser } from "./testing/browser.ts";
import { INVOICE, queueOf } from "./testing/examples.ts";
import { type ReviewServer, startReviewServer, TENANT } from "./testing/review-server.ts";
import { type Reviewer, reviewerIn } from "./testing/reviewer.ts";
import { seedReviews, type Waiting } from "./testing/seed.ts";

let browser: Browser;
let server: ReviewServer;
let origin: string;
/** What the server says of its answers: `route code`, and whether it knew who asked. */
let answered: string[];

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
});
beforeEach(async () => {
  answered = [];
  const log = createLogger({ level: "debug" }, { write: (line) => void note(JSON.parse(line)) });
  server = await startReviewServer({ log });
  origin = await server.listen();
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await server[Symbol.asyncDispose]();
});

function note({ route, code, by }: Record<string, string | undefined>): void {
  if (route?.startsWith("POST")) answered.push(`${route.slice(5)} ${code} by ${by === undefined ? "nobody" : "a key"}`);
}
const seed = (...waiting: Waiting[]) => seedReviews({ store: server.store, now: Date.now() }, waiting);
const counts = () => server.store.reviews.counts(TENANT);
const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 15_000, interval: 50 });
const certain = (...confidences: number[]) => confidences.map((confidence) => ({ score: { confidence } }));

async function reviewer(): Promise<Reviewer> {
  return reviewerIn(browser, origin, (await server.addKey(["reviewer"])).key);
}

describe("a reviewer without a mouse", () => {
  it("takes three items, decides them, and each decision is the score that holds", async () => {
    const ids = await seed(...certain(0.1, 0.2, 0.3, 0.4));
    const ada = await reviewer();
    await ada.press("Enter");
    expect(await ada.opened()).toBe(ids[0]);
    await ada.press("4", "n");
    await ada.page.keyboard.type("clear, by bob@example.com");
    await ada.press("Escape", "i");
    expect(await ada.opened(ids[0])).toBe(ids[1]);
    await ada.press("e");
    expect(await ada.opened(ids[1])).toBe(ids[2]);
    await ada.press("5", "i");
    expect(await ada.opened(ids[2])).toBe(ids[3]);
    await eventually(async () => expect((await counts()).decided).toBe(3));
    const scores = await server.store.assessments.current(ids.map((id) => ({ tenant: TENANT, id })));
    expect(scores.map((score) => [score?.overall, score?.human === true])).toEqual([
      [0.75, true],
      [0, true],
      [1, true],
      [0.62, false],
    ]);
    expect(ada.alarms).toEqual([]);
  });

  it("moves in the queue with j and k, and opens the item that is meant", async () => {
    const ids = await seed(...certain(0.1, 0.2, 0.3));
    const ada = await reviewer();
    await ada.press("j", "j", "k", "Enter");
    expect(await ada.opened()).toBe(ids[1]);
    expect(await ada.page.locator("#list").getAttribute("aria-activedescendant")).toBe(`row-${ids[1]}`);
    await expect.poll(() => ada.page.locator("#status").textContent()).toContain("20 % certain");
  });

  it("takes a decision back before it is sent, and gives an item back", async () => {
    const ids = await seed(...certain(0.1, 0.2));
    const ada = await reviewer();
    await ada.press("Enter");
    await ada.opened();
    await ada.press("2", "e");
    await ada.opened(ids[0]);
    await ada.press("u");
    expect(await ada.opened(ids[1])).toBe(ids[0]);
    expect(await ada.page.locator("#score input:checked").getAttribute("value")).toBe("2");
    await eventually(async () => expect(await counts()).toEqual({ waiting: 1, leased: 1, decided: 0 }));
    await ada.press("u");
    await ada.page.getByRole("heading", { name: "Ready when you are" }).waitFor();
    await eventually(async () => expect(await counts()).toEqual({ waiting: 2, leased: 0, decided: 0 }));
  });

  it("is told the keys, filters the queue, and sees the calibration", async () => {
    await seed(...queueOf(30));
    const ada = await reviewer();
    await ada.press("?");
    await expect.poll(() => ada.page.locator("#help").getByText("Include: worth learning from").isVisible()).toBe(true);
    await ada.press("Escape", "/");
    await ada.page.keyboard.type("random audit");
    await expect
      .poll(() => ada.page.locator(".row-title").allTextContents())
      .toEqual(Array.from({ length: 6 }, () => "Random audit"));
    await ada.press("Escape", "c");
    await ada.page.getByText("Nothing has been decided yet.").waitFor();
  });
});

describe("what users write", () => {
  const HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "<svg/onload=alert(3)>",
    "[click](javascript:alert(4))",
    "<iframe srcdoc='<script>alert(5)</script>'>",
    "\u202egnp.exe\u202c \u200b\u2066hidden\u2069",
    "\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007 \u001b[2J",
    "{{constructor.constructor('alert(6)')()}}",
    "<style>*{display:none}</style><base href=//evil.example><meta http-equiv=refresh content=0>",
  ].join("\n");

  it("is only ever text, wherever it stands", async () => {
    const comment = { type: "comment", text: HOSTILE } as const;
    await seed({
      content: {
        input: HOSTILE,
        output: HOSTILE,
        reasoning: HOSTILE,
        history: [{ role: "user", content: HOSTILE }],
        code: [
          { language: "html", path: `x/\u202e${HOSTILE.slice(0, 60)}`, before: HOSTILE, after: `${HOSTILE}\nmore` },
        ],
        context: { project: { name: HOSTILE } },
        placeholders: { h: "EMAIL_1" },
      },
      feedback: [comment, { type: "edit", block: 0, after: `${HOSTILE}\nedited` }],
    });
    const ada = await reviewer();
    await ada.press("Enter");
    await ada.opened();
    for (const fold of await ada.page.locator("details.fold > summary").all()) await fold.press("Enter");
    for (const choice of await ada.page.locator(".choices button").all()) await choice.press("Enter");
    await ada.press("d");
    const item = ada.page.locator(".item");
    await expect.poll(() => item.textContent()).toContain("<img src=x onerror=alert(1)>");
    expect(await item.locator("img, script, svg, iframe, style, base, meta, a, object, form").count()).toBe(0);
    const text = (await item.textContent()) ?? "";
    expect(text).toContain("U+202E");
    expect(text).toContain("␛");
    expect(text).not.toMatch(/(?![\n\t\r])\p{Cc}|[\p{Bidi_Control}\u200b]/u);
    expect(ada.page.url()).toBe(`${origin}/review`);
    expect(ada.alarms).toEqual([]);
  });

  it("may be five megabytes, of which the page draws a piece", async () => {
    const line = `${"<b>bold</b> \u202e ".repeat(8)}\n`;
    const huge = line.repeat(Math.ceil(5_000_000 / line.length));
    await seed({ content: { input: huge, output: "x".repeat(5_000_000) } });
    const ada = await reviewer();
    await ada.press("Enter");
    await ada.opened();
    expect(await ada.page.locator(".item *").count()).toBeLessThan(4000);
    await ada.page.getByText("12 thousand characters of 5.0 million characters shown").first().waitFor();
    await ada.page.getByRole("button", { name: "Show more" }).last().press("Enter");
    await ada.page.getByText("132 thousand characters of 5.0 million characters shown").waitFor();
    await ada.press("i");
    await ada.page.getByRole("heading", { name: /Nothing waits|Ready/ }).waitFor();
    expect(ada.alarms).toEqual([]);
  });

  it("shows what was redacted as chips, and only where it was", async () => {
    await seed({ ...INVOICE, content: { ...INVOICE.content, input: "<EMAIL_2> is not <EMAIL_9>" } });
    const ada = await reviewer();
    await ada.press("Enter");
    await ada.opened();
    expect(await ada.page.locator(".question .placeholder").allTextContents()).toEqual(["<EMAIL_2>"]);
    await ada.page.locator("td.added", { hasText: "const BUSY" }).waitFor();
  });
});

describe("two reviewers", () => {
  it("never have the same item, however fast they decide", async () => {
    await seed(...queueOf(14));
    const [ada, bob] = [await reviewer(), await reviewer()];
    const work = async ({ press, opened }: Reviewer) => {
      const seen: string[] = [];
      await press("Enter");
      for (let count = 0; count < 6; count += 1) {
        seen.push(await opened(seen.at(-1)));
        await press(count % 2 === 0 ? "i" : "e");
      }
      return seen;
    };
    const seen = (await Promise.all([work(ada), work(bob)])).flat();
    expect(seen).toHaveLength(12);
    expect(new Set(seen).size).toBe(12);
    await eventually(async () => expect((await counts()).decided).toBe(12));
  });

  it("are told when one has lost an item to the other, and the decision is not stored", async () => {
    const [id = ""] = await seed(...certain(0.1));
    const ada = await reviewer();
    await ada.press("Enter");
    await ada.opened();
    const later = Date.now() + 3_600_000;
    expect(await server.store.reviews.lease(TENANT, "bob", 7_200_000, later, { id })).toBeDefined();
    await ada.press("i");
    await ada.page.getByText("A decision was not stored").waitFor();
    expect((await counts()).decided).toBe(0);
    expect((await server.store.assessments.current([{ tenant: TENANT, id }]))[0]?.human).not.toBe(true);
  });
});

describe("a server that cannot be reached", () => {
  it("loses no decision: it is sent once it can be", async () => {
    await seed(...certain(0.1, 0.2));
    const ada = await reviewer();
    await ada.press("Enter");
    const first = await ada.opened();
    await ada.context.setOffline(true);
    await ada.press("3", "i");
    await ada.page.getByText("The server cannot be reached").waitFor();
    await ada.page.getByText("1 not sent yet").waitFor();
    expect((await counts()).decided).toBe(0);
    await ada.context.setOffline(false);
    await eventually(async () => expect((await counts()).decided).toBe(1));
    expect((await server.store.assessments.current([{ tenant: TENANT, id: first }]))[0]?.overall).toBe(0.5);
    await ada.page.getByText("1 not sent yet").waitFor({ state: "hidden" });
  });
});

describe("a session", () => {
  it("is in a cookie that no script reads and no other site sends", async () => {
    const ada = await reviewer();
    const [cookie] = await ada.context.cookies();
    expect(cookie).toMatchObject({ name: "qi-session", httpOnly: true, sameSite: "Strict", path: "/" });
    expect(await ada.page.evaluate("document.cookie")).toBe("");
    expect(await ada.page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")).toBe("[{},{}]");
  });

  it("does nothing for a page of another origin, a port on the same machine included", async () => {
    await seed(...certain(0.1));
    const ada = await reviewer();
    const evil = createServer((_, response) =>
      response.setHeader("content-type", "text/html").end("<title>evil</title>"),
    );
    await new Promise<void>((listening) => evil.listen(0, "127.0.0.1", listening));
    try {
      const page = await ada.context.newPage();
      await page.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/`);
      const before = answered.length;
      // Same site, so that the browser does send the cookie; simple requests, so that it does not ask before.
      const lease = `fetch("${origin}/v1/reviews/lease", { method: "POST", mode: "no-cors", credentials: "include", body: "{}" })`;
      await page.evaluate(`${lease}.catch(() => undefined)`);
      await page.evaluate(`(() => {
        const form = document.createElement("form");
        Object.assign(form, { method: "post", action: "${origin}/review/logout" });
        document.body.append(form);
        form.submit();
      })()`);
      await expect
        .poll(() => answered.slice(before))
        .toEqual(["/v1/reviews/lease 403 by a key", "/review/logout 403 by a key"]);
      expect(await counts()).toEqual({ waiting: 1, leased: 0, decided: 0 });
      expect((await ada.context.request.get(`${origin}/review/session`)).status()).toBe(200);
    } finally {
      evil.close();
    }
  });

  it("that ends while somebody works says so", async () => {
    await seed(...certain(0.1, 0.2));
    const { id, key } = await server.addKey(["reviewer"]);
    const ada = await reviewerIn(browser, origin, key);
    await ada.press("Enter");
    await ada.opened();
    await server.store.keys.revoke(TENANT, id, Date.now());
    await ada.press("i");
    await ada.page.getByText("Your session has ended").waitFor();
    expect((await counts()).decided).toBe(0);
  });
});

describe("10,000 items", () => {
  it("open at once, and are never more than a window of elements", async () => {
    await seed(...queueOf(10_000));
    const ada = await reviewer();
    const started = performance.now();
    await ada.page.reload();
    await ada.page.locator(".row").first().waitFor();
    const took = Math.round(performance.now() - started);
    await ada.page.getByText("10,000 waiting").waitFor();
    const elements = () => ada.page.locator("*").count();
    const seen = [await elements()];
    for (let page = 0; page < 6; page += 1) {
      await ada.press("End");
      await ada.page.waitForFunction("document.querySelectorAll('.row').length > 0");
      seen.push(await elements());
    }
    expect(Math.max(...seen)).toBeLessThan(700);
    const size = await ada.page.locator(".spacer").evaluate((spacer) => spacer.clientHeight);
    expect(size).toBeGreaterThan(62 * 500);
    console.info(`10,000 items: the list stood after ${took} ms, with ${Math.max(...seen)} elements at most.`);
    await ada.press("Enter");
    await ada.opened();
    expect(ada.alarms).toEqual([]);
  });
});
