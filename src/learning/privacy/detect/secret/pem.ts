import { allowanceOf, type Detector } from "../scan.ts";

const KIND = "(?:(?:[A-Z0-9]{1,12} ){0,4}(?:PRIVATE KEY|SECRET KEY)(?: BLOCK)?|OpenVPN Static key V1)";
const BEGIN = new RegExp(`-{3,5} ?BEGIN ${KIND} ?-{3,5}`, "g");
const END = new RegExp(`-{3,5} ?END ${KIND} ?-{3,5}`, "g");
const PUTTY = /PuTTY-User-Key-File-\d:[^\n]*\n(?:[^\n]*\n){0,80}?Private-MAC: [0-9a-f]+/g;
const LONGEST = 32_768;
const LONGEST_LINE = 512;
const MOST_KEYS = 20_000;
/** What may stand around the base64 of one line: quotes, comment signs, plus signs of patches and of sums of strings. */
const BODY_LINE =
  /^[\s"'`+\-*>|#/\\,;.()\d:]*(?:[A-Za-z0-9+/=]{16,}|[A-Za-z0-9+/=]{1,64}={0,2}|(?:Proc-Type|DEK-Info|Version|Comment|Hash): ?.*)?[\s"'`+\\,;.()*]*$/;

/** Private keys in PEM, from BEGIN to END; where END is missing, as far as lines look like base64. */
export const privateKeys: Detector = (scan) => {
  const { text, report } = scan;
  const mayJudge = allowanceOf(scan, MOST_KEYS);
  if (text.includes("PuTTY-User-Key-File")) {
    for (const match of text.matchAll(PUTTY)) report(match.index, match.index + match[0].length, "SECRET");
  }
  if (!["PRIVATE KEY", "SECRET KEY", "OpenVPN Static key"].some((kind) => text.includes(kind))) return;
  const endFrom = searchOf(END, text);
  let done = 0;
  for (const begin of text.matchAll(BEGIN)) {
    if (begin.index < done) continue;
    if (!mayJudge(begin.index)) return;
    const body = begin.index + begin[0].length;
    const end = endFrom(body);
    const close =
      end !== undefined && end.index - body <= LONGEST && !text.slice(body, end.index).includes("BEGIN ")
        ? end.index + end[0].length
        : truncated(text, body);
    if (holdsKey(text.slice(body, close))) report(begin.index, close, "SECRET");
    done = close;
  }
  for (const end of text.matchAll(END)) {
    if (end.index <= done && done > 0) continue;
    if (!mayJudge(end.index)) return;
    headless(text, end.index, done, report);
  }
};

/** The next place at or after one where it matches; asked with places that grow, so that no stretch is searched twice. */
function searchOf(shape: RegExp, text: string): (from: number) => RegExpExecArray | undefined {
  let found: RegExpExecArray | null | undefined;
  return (from) => {
    if (found === undefined || (found !== null && found.index < from)) {
      shape.lastIndex = from;
      found = shape.exec(text);
    }
    return found ?? undefined;
  };
}

/** Documentation shows `-----BEGIN PRIVATE KEY-----...`; a key has some base64 in it. */
function holdsKey(body: string): boolean {
  return /[A-Za-z0-9+/]{16}/.test(body.slice(0, 4096)) && !/\$\{|<[a-z-]+>|x{8}|X{8}|\*{4}/.test(body.slice(0, 256));
}

function truncated(text: string, body: number): number {
  let end = body;
  const last = Math.min(text.length, body + LONGEST);
  for (let line = body; line < last; ) {
    // A search for the end of a line goes no further than lines are read.
    const near = text.slice(line, line + LONGEST_LINE);
    const found = near.indexOf("\n");
    const shown = found < 0 ? near : near.slice(0, found);
    if (!BODY_LINE.test(shown)) {
      // The key may end in the middle of a line: as far as base64 goes.
      const base64 = /^[\s"'`+\\]*[A-Za-z0-9+/=]{16,}/.exec(shown)?.[0].length ?? 0;
      return base64 === 0 ? end : line + base64;
    }
    if (/[A-Za-z0-9+/=]/.test(shown)) end = line + (shown.length - (/[\s"'`+\\,;.()*]*$/.exec(shown)?.[0].length ?? 0));
    if (found < 0) return end;
    line += found + 1;
  }
  return end;
}

/** The end of a key whose beginning was cut off: lines of base64 before END. */
function headless(
  text: string,
  at: number,
  least: number,
  report: (start: number, end: number, type: string) => void,
): void {
  let start = at;
  for (let lines = 0; lines < 200 && start > least; lines += 1) {
    const near = text.slice(Math.max(0, start - LONGEST_LINE), start - 1);
    const before = start - 1 - near.length + near.lastIndexOf("\n");
    const line = text.slice(before + 1, start).trim();
    if (!/^["'+ \t]*[A-Za-z0-9+/=]{16,}["'+,\\ \t]*$/.test(line)) break;
    start = Math.max(before + 1, least);
    if (!near.includes("\n")) break;
  }
  if (start < at) report(start, at, "SECRET");
}
