/**
 * Writes pictures of the review page: `node src/learning/review/testing/screenshot.ts docs/review.png` writes the one
 * for the README; with `--all FOLDER`, every view of it, to be looked at.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import type { Store } from "../../store/index.ts";
import { openBrowser } from "./browser.ts";
import { INVOICE, queueOf } from "./examples.ts";
import { POLICIES, startReviewServer, TENANT, type TestKey } from "./review-server.ts";
import { seedReviews } from "./seed.ts";

interface View {
  readonly name: string;
  readonly dark?: boolean;
  readonly width?: number;
  readonly height?: number;
  readonly show: (page: Page) => Promise<void>;
}

const open = async (page: Page) => {
  await page.keyboard.press("Enter");
  await page.locator("#item-title").waitFor();
  await page.keyboard.press("3");
};

const VIEWS: readonly View[] = [
  { name: "open", show: open },
  { name: "dark", dark: true, show: open },
  {
    name: "side",
    width: 1600,
    height: 1000,
    show: async (page) => {
      await open(page);
      await page.keyboard.press("d");
    },
  },
  { name: "narrow", width: 480, height: 900, show: open },
  { name: "ready", show: async () => {} },
  { name: "help", show: (page) => page.keyboard.press("?") },
  {
    name: "calibration",
    show: async (page) => {
      await page.keyboard.press("c");
      await page.locator(".reliability").waitFor();
    },
  },
];

async function picture(browser: Browser, origin: string, { key }: TestKey, view: View, path: string): Promise<void> {
  const context = await browser.newContext({
    viewport: { width: view.width ?? 1280, height: view.height ?? 800 },
    colorScheme: view.dark === true ? "dark" : "light",
    reducedMotion: "reduce",
    locale: "en-GB",
  });
  const page = await context.newPage();
  await page.goto(`${origin}/review`);
  await page.locator("#key").fill(key);
  if (view.name === "login") {
    await page.screenshot({ path });
    await context.close();
    return;
  }
  await page.keyboard.press("Enter");
  await page.locator(".row").first().waitFor();
  await page.getByRole("heading", { name: "Ready when you are" }).waitFor();
  await view.show(page);
  await page.screenshot({ path });
  await page.close({ runBeforeUnload: false });
  await context.close();
}

async function main([first, folder = "review-pictures"]: readonly string[]): Promise<void> {
  if (first === undefined) throw new Error("say where the picture goes: docs/review.png, or --all FOLDER");
  await using server = await startReviewServer();
  const now = server.clock.now();
  await seedReviews({ store: server.store, now }, [INVOICE, ...queueOf(240)]);
  await decideSome(server.store, now);
  const key = await server.addKey(["reviewer"], { name: "Ada Lovelace" });
  const origin = await server.listen();
  await using browser = await openBrowser();
  const [readme] = VIEWS;
  if (first !== "--all") {
    if (readme !== undefined) await picture(browser, origin, key, readme, first);
    return;
  }
  await mkdir(folder, { recursive: true });
  for (const view of [{ name: "login", show: async () => {} }, ...VIEWS]) {
    await picture(browser, origin, key, view, join(folder, `${view.name}.png`));
  }
  await using idle = await startReviewServer();
  const other = await idle.addKey(["reviewer"]);
  await seedReviews({ store: idle.store, now }, []);
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(`${await idle.listen()}/review`);
  await page.locator("#key").fill(other.key);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Nothing waits for you" }).waitFor();
  await page.screenshot({ path: join(folder, "empty.png") });
}

/** Something for the calibration to be made from: every third was decided before. */
async function decideSome(store: Store, now: number): Promise<void> {
  const { items } = await store.reviews.list(TENANT, POLICIES[0], 500);
  for (const { key, predicted, confidence } of items.slice(1).filter((_, at) => at % 3 !== 0)) {
    const lease = await store.reviews.lease(TENANT, "earlier", 1000, now, { id: key.id });
    if (lease === undefined) continue;
    const verdict = (predicted * 7) % 1 < confidence ? "include" : "exclude";
    const decision = { verdict, overall: verdict === "include" ? 0.75 : 0.25, reviewer: "earlier" } as const;
    await store.reviews.decide(key, lease.token, decision, 0.5, now);
  }
}

await main(process.argv.slice(2));
