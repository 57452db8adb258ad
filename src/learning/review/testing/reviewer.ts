import type { Browser, BrowserContext, Page } from "playwright-core";

export interface Reviewer {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What went wrong in the page that should never go wrong: violated policies, dialogs, uncaught errors. */
  readonly alarms: string[];
  press(...keys: readonly string[]): Promise<void>;
  /** The id of the item that is open, once one is; another than `than`. */
  opened(than?: string): Promise<string>;
}

/** Somebody who logs in to the page in a browser of their own, and has not touched a mouse. */
export async function reviewerIn(browser: Browser, origin: string, key: string): Promise<Reviewer> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const alarms: string[] = [];
  page.on("dialog", (dialog) => {
    alarms.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("pageerror", (error) => alarms.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (/Content Security Policy|Trusted ?Type|violat/i.test(message.text())) alarms.push(message.text());
  });
  await page.goto(`${origin}/review`);
  await page.locator("#key:focus").waitFor();
  await page.keyboard.type(key);
  await page.keyboard.press("Enter");
  await page.locator("#app:not([hidden])").waitFor();
  await page.locator(".empty h2").waitFor();
  return {
    page,
    context,
    alarms,
    async press(...keys) {
      for (const one of keys) await page.keyboard.press(one);
    },
    async opened(than = "") {
      const item = page.locator(`article.item:not([data-id="${than}"])`);
      await item.waitFor();
      return (await item.getAttribute("data-id")) ?? "";
    },
  };
}
