import { randomness, shapeOf } from "../../text/randomness.ts";
import { isDigit, isLetter } from "../context.ts";
import type { Detector, Scan } from "../scan.ts";
import { MARKED, TOKENS } from "./token-table.ts";

/** Three units in one number. */
function keyOf(text: string, at: number): number {
  return (text.charCodeAt(at) << 16) | (text.charCodeAt(at + 1) << 8) | text.charCodeAt(at + 2);
}

const NONE: readonly never[] = [];
interface Token {
  readonly starts: string;
  readonly whole: RegExp;
}

/** How often a token's beginning may stand in one run without being one, before that run is believed to hold none. */
const MOST_FAILURES = 8;
/** What a token may repeat without end is repeated so often; an engine's stack is not without end. */
const MOST_REPEATED = 1_048_576;
const BY_BEGINNING = new Map<number, Token[]>();
for (const [starts, whole] of TOKENS) {
  const key = keyOf(starts, 0);
  const entries = BY_BEGINNING.get(key) ?? [];
  const bounded = whole.replace(/\{(\d+),\}/g, `{$1,${MOST_REPEATED}}`).replace(/\]\*/g, `]{0,${MOST_REPEATED}}`);
  entries.push({ starts, whole: new RegExp(bounded, "y") });
  BY_BEGINNING.set(key, entries);
}
/** Discord's: user id, time and signature in base64, with no beginning of their own. */
const THREE_PARTS = /(?<![\w.-])[MNO][A-Za-z\d_-]{22,28}\.[\w-]{6}\.[\w-]{27,45}(?![\w-])/y;

/** What stands beside an account of Twilio's as the next argument, with no beginning of its own. */
const BESIDE_ACCOUNT = /["'`],\s{0,20}["'`]([0-9a-f]{32})(?=["'`])/y;

/** Whether a unit, of those that runs are made of, is a letter or a digit. */
const IN_WORD = new Uint8Array(128);
for (let code = 0; code < 128; code += 1) IN_WORD[code] = Number(isDigit(code) || isLetter(code));

/** Tokens of known services, tried where a word begins inside a long run of token characters. */
export const tokens: Detector = (scan) => {
  const { text, landmarks } = scan;
  const { runs } = landmarks;
  for (let index = 0; index < runs.length; index += 2) {
    const start = runs[index] ?? 0;
    const end = runs[index + 1] ?? 0;
    let before = 0;
    let failures = 0;
    for (let at = start; at < end - 8; at += 1) {
      const inWord = IN_WORD[text.charCodeAt(at)] ?? 0;
      if (inWord > before) {
        const tokenEnd = failures > MOST_FAILURES ? undefined : tokenAt(text, at);
        if (tokenEnd === FAILED) failures += 1;
        else if (tokenEnd !== undefined) {
          // One that is longer than we read goes on to the end of its run.
          const last = tokenEnd - at >= MOST_REPEATED ? end : tokenEnd;
          scan.report(at, last, "SECRET");
          if (text.startsWith("AC", at)) reportBeside(scan, last);
          at = last - 1;
        }
      }
      before = inWord;
    }
  }
  for (const [mark, whole] of MARKED) {
    if (!text.includes(mark)) continue;
    for (const match of text.matchAll(whole)) scan.report(match.index, match.index + match[0].length, "SECRET");
  }
};

function reportBeside(scan: Scan, at: number): void {
  BESIDE_ACCOUNT.lastIndex = at;
  if (BESIDE_ACCOUNT.test(scan.text)) scan.report(BESIDE_ACCOUNT.lastIndex - 32, BESIDE_ACCOUNT.lastIndex, "SECRET");
}

/** Something began as a token and was none. */
const FAILED = -1;

function tokenAt(text: string, at: number): number | undefined {
  let failed: number | undefined;
  for (const { starts, whole } of BY_BEGINNING.get(keyOf(text, at)) ?? NONE) {
    if (!text.startsWith(starts, at)) continue;
    failed = FAILED;
    whole.lastIndex = at;
    if (whole.test(text) && isNotExample(text.slice(at + starts.length, whole.lastIndex)))
      return trimmed(text, at, whole.lastIndex);
  }
  const first = text.charCodeAt(at);
  if (first >= 0x4d && first <= 0x4f) {
    THREE_PARTS.lastIndex = at;
    if (THREE_PARTS.test(text) && /\d/.test(text.slice(at, THREE_PARTS.lastIndex))) return THREE_PARTS.lastIndex;
  }
  return failed;
}

/** Documentation writes `ghp_xxxxxxxx` and `AKIAEXAMPLE`-like fillers of one letter. */
function isNotExample(rest: string): boolean {
  if (/x{6}|\*{4}|X{6}|\.{4}/.test(rest) || /^(?:your|example|my)[-_]?/i.test(rest)) return false;
  const { digits, lower, upper } = shapeOf(rest);
  // `hf_requiredCharacteristicTypes` is a name of code.
  if (digits === 0 && lower > 0 && rest.length >= 16 && randomness(rest) < 0.45) return false;
  return digits + lower + upper >= Math.min(8, rest.length);
}

/** A sentence's full stop, or a dash after it, is not part of its last word; one dash may be. */
function trimmed(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && (text[last - 1] === "." || text.startsWith("--", last - 2))) last -= 1;
  return last;
}
