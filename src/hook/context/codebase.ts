import { opendir } from "node:fs/promises";
import { join } from "node:path";
import type { Facts } from "../copy-context.ts";
import { languageOf } from "./languages.ts";
import type { Reading } from "./reading.ts";

const MOST_ENTRIES = 10_000;
const MOST_LANGUAGES = 8;
/** What others wrote, or what is made anew by a build. */
const NOT_SOURCE = new Set([
  ..."node_modules dist build out target vendor venv env coverage __pycache__ bower_components site-packages".split(
    " ",
  ),
]);

/** Which languages the project is written in, by counting its files. Undefined: no file of a language we know. */
export async function readCodebase({ root, inTime }: Reading): Promise<Facts | undefined> {
  const counts = new Map<string, number>();
  const folders = [root];
  let left = MOST_ENTRIES;
  for (let folder = folders.shift(); folder !== undefined && left > 0 && inTime(); folder = folders.shift()) {
    try {
      for await (const entry of await opendir(folder)) {
        if (--left <= 0 || !inTime()) break;
        if (entry.isDirectory()) {
          if (!entry.name.startsWith(".") && !NOT_SOURCE.has(entry.name)) folders.push(join(folder, entry.name));
        } else if (entry.isFile()) {
          const language = languageOf(entry.name);
          if (language !== undefined) counts.set(language, (counts.get(language) ?? 0) + 1);
        }
      }
    } catch {
      // A folder that may not be read, or went away meanwhile: the others still tell.
    }
  }
  const most = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, MOST_LANGUAGES);
  if (most.length === 0) return undefined;
  const facts: Facts = { languages: most.map(([language]) => language).join(",") };
  for (const [language, count] of most) facts[`files.${language}`] = count;
  if (left <= 0 || !inTime()) facts.sampled = true;
  return facts;
}
