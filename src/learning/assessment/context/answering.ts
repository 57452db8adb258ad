import { SCORING } from "../../../domain/quality/numbers.ts";
import type { ContextSubject } from "./subject.ts";

const { refusal, leastAnswer, leastWords, topicOnTarget, mentionsOnTarget } = SCORING.context;

/** 0 for nothing at all, little for a refusal without code, else 1. */
export function answers({ content: { output, code } }: ContextSubject): number {
  if (code.some(({ after }) => after.trim() !== "")) return 1;
  const text = output.trim();
  if (text.length < leastAnswer) return 0;
  return REFUSAL.test(text.slice(0, 200)) ? refusal : 1;
}

const REFUSAL =
  /^(?:(?:i['’]?m |i am )?(?:very |so )?(?:sorry|afraid)|i apologi[sz]e|unfortunately,? i|i (?:can ?not|can['’]t|won['’]t|am unable|am not able|['’]m unable|do not have|don['’]t have) |i['’]m (?:unable|not able)|as an ai\b)/i;

/** How much of what the question is about comes back; undefined: too few words to say. */
export function topic({ question, answer }: ContextSubject): number | undefined {
  const asked = words(question);
  if (asked.size < leastWords) return undefined;
  const told = words(answer);
  return Math.min(1, share(asked, (word) => told.has(word)) / topicOnTarget);
}

/** How many of the names in the question (`inBackticks`, snake_case, camelCase, paths) the answer uses. */
export function mentions({ question, answer }: ContextSubject): number | undefined {
  const names = new Set(question.match(NAMES)?.slice(0, MOST_NAMES));
  if (names.size === 0) return undefined;
  return Math.min(1, share(names, (name) => answer.includes(name.replaceAll("`", ""))) / mentionsOnTarget);
}

const NAMES =
  /`[^`\s]{2,80}`|[\w.-]{1,60}\/[\w./-]{1,80}\.\w{1,8}|\b[a-z]\w{0,60}_\w{1,60}|\b[a-z]{1,30}[A-Z]\w{1,60}|\b[A-Z][a-z]{1,30}[A-Z]\w{1,60}/g;
const MOST_NAMES = 64;

/** Words of four letters and more, by their beginnings: `parser`, `parsing` and `parseAll` are about one thing. */
function words(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [word] of text.matchAll(WORD)) {
    const start = word.slice(0, 5).toLowerCase();
    if (!COMMON.has(start)) found.add(start);
  }
  return found;
}

/** Of scripts that part words by spaces; camelCase is parted at its humps. */
const WORD = /[A-Z]?[a-z\u00df-\u00ff]{3,40}|[\u0370-\u052f]{4,40}/g;

const COMMON = new Set(
  "about after also been before being could does done down each every from give have here into just like make more most need only other over please really same should some such than that their them then there these they this those through under until very want were what when where which while will with would your"
    .split(" ")
    .map((word) => word.slice(0, 5)),
);

function share<T>(all: ReadonlySet<T>, holds: (item: T) => boolean): number {
  let count = 0;
  for (const item of all) if (holds(item)) count += 1;
  return count / all.size;
}
