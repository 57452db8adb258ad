import { existsSync } from "node:fs";
import { getuid } from "node:process";
import { type Browser, chromium } from "playwright-core";

const EXECUTABLE = process.env.QI_CHROMIUM ?? "/usr/bin/chromium";

/** Debian's Chromium. Throws with what to do where there is none. */
export async function openBrowser(): Promise<Browser> {
  if (!existsSync(EXECUTABLE)) {
    throw new Error(
      `There is no Chromium at ${EXECUTABLE}. Install Debian's (apt-get install chromium), or name another in QI_CHROMIUM.`,
    );
  }
  // Chromium's sandbox refuses to work for root; elsewhere it stays on.
  const args = getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: EXECUTABLE, args: [...args, "--disable-dev-shm-usage"] });
}
