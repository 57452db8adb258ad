import { DROPPED, fold, foldAstral } from "./fold.ts";

/**
 * A text as its reader takes it: escapes of JSON and of strings resolved however often they were escaped, percent signs
 * of URLs and entities of HTML too, look-alikes as ASCII. Detectors read this; what they find is replaced in the text.
 */
export interface View {
  readonly text: string;
  /** Where each unit of `text`, and its end, stands in the raw text; undefined: at the same place. */
  readonly offsets: Int32Array | undefined;
}

const NEEDS_WORK = /[\\%&\u0080-\uffff]/;
const ESCAPE = "\u001b";
/** Colours of a terminal, as logs keep them. */
const COLOUR = /\[[\d;]{0,16}m/y;
const BACKSLASH = 0x5c;
const ENTITIES: Readonly<Record<string, number>> = {
  quot: 0x22,
  amp: 0x26,
  apos: 0x27,
  lt: 0x3c,
  gt: 0x3e,
  commat: 0x40,
  nbsp: 0x20,
  colon: 0x3a,
  period: 0x2e,
};

export function viewOf(raw: string): View {
  if (!NEEDS_WORK.test(raw) && !raw.includes(ESCAPE)) return { text: raw, offsets: undefined };
  // Text of one byte a unit stays so: what searches it later is faster for it.
  const narrow = !/[\u0100-\uffff]/.test(raw);
  const units = narrow ? new Uint8Array(raw.length) : new Uint16Array(raw.length);
  const offsets = new Int32Array(raw.length + 1);
  let length = 0;
  for (let at = 0; at < raw.length; ) {
    const code = raw.charCodeAt(at);
    if (code < 128 && SPECIAL[code] === 0) {
      units[length] = code;
      offsets[length] = at;
      length += 1;
      at += 1;
      continue;
    }
    const [meant, next] = readSpecial(raw, at, code);
    const folded = meant < 0x80 ? meant : fold(meant);
    // What escapes can mean beyond a narrow text is no part of anything we look for.
    if (folded !== DROPPED) {
      units[length] = narrow && folded > 0xff ? 0x3f : folded;
      offsets[length] = at;
      length += 1;
    }
    at = next;
  }
  offsets[length] = raw.length;
  return { text: decode(units.subarray(0, length)), offsets: offsets.subarray(0, length + 1) };
}

const SPECIAL = new Uint8Array(128);
for (const unit of `\\%&${ESCAPE}`) SPECIAL[unit.charCodeAt(0)] = 1;

/** What stands at `at`, and where what follows it begins. */
function readSpecial(raw: string, at: number, code: number): [meant: number, next: number] {
  let next = at + 1;
  if (code === BACKSLASH) {
    while (raw.charCodeAt(next) === BACKSLASH) next += 1;
    return escapeAt(raw, next);
  }
  if (code === 0x25) {
    const byte = hexAt(raw, next, 2);
    return byte >= 0x20 && byte < 0x7f ? [byte, next + 2] : [code, next];
  }
  if (code === 0x26) return entityAt(raw, next);
  if (code === 0x1b) {
    COLOUR.lastIndex = next;
    return COLOUR.test(raw) ? [0xad, COLOUR.lastIndex] : [code, next];
  }
  if (code >= 0xd800 && code < 0xdc00 && next < raw.length) {
    const folded = foldAstral(raw.codePointAt(at) ?? code);
    return folded < 0x80 ? [folded, next + 1] : [code, next];
  }
  return [code, next];
}

/** What a run of backslashes and the character at `at` mean, and where it ends. A run before anything else is one backslash. */
function escapeAt(raw: string, at: number): [meant: number, end: number] {
  switch (raw[at]) {
    case '"':
    case "'":
    case "`":
    case "/":
      return [raw.charCodeAt(at), at + 1];
    case "n":
    case "r":
      return [0x0a, at + 1];
    case "t":
      return [0x09, at + 1];
    case "u": {
      const code = hexAt(raw, at + 1, 4);
      return code < 0 ? [BACKSLASH, at] : [code, at + 5];
    }
    case "x": {
      const code = hexAt(raw, at + 1, 2);
      return code < 0x20 ? [BACKSLASH, at] : [code, at + 3];
    }
    default:
      return [BACKSLASH, at];
  }
}

function entityAt(raw: string, at: number): [meant: number, end: number] {
  const semicolon = raw.slice(at, at + 8).indexOf(";");
  if (semicolon < 2) return [0x26, at];
  const name = raw.slice(at, at + semicolon);
  const code = name.startsWith("#")
    ? Number(name[1] === "x" || name[1] === "X" ? `0${name.slice(1)}` : name.slice(1))
    : (ENTITIES[name] ?? Number.NaN);
  return code >= 0x20 && code < 0x7f ? [code, at + semicolon + 1] : [0x26, at];
}

/** The number that `digits` hexadecimal digits make; -1 where they are not. */
function hexAt(raw: string, at: number, digits: number): number {
  let value = 0;
  for (let index = at; index < at + digits; index += 1) {
    const code = raw.charCodeAt(index);
    const digit =
      code >= 0x30 && code <= 0x39
        ? code - 0x30
        : (code | 0x20) >= 0x61 && (code | 0x20) <= 0x66
          ? (code | 0x20) - 0x57
          : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

function decode(units: Uint8Array | Uint16Array): string {
  return Buffer.from(units.buffer, units.byteOffset, units.byteLength).toString(
    units instanceof Uint8Array ? "latin1" : "utf16le",
  );
}

/** Where a stretch of the view lies in the raw text. */
export function rawRange(view: View, start: number, end: number): { start: number; end: number } {
  const { offsets } = view;
  return offsets === undefined ? { start, end } : { start: offsets[start] ?? start, end: offsets[end] ?? end };
}

/** Whether one unit of the view is written with a percent sign: it is of the value then, not around it (RFC 3986, 2.2). */
export function isPercentEncoded(raw: string, view: View, at: number): boolean {
  return view.offsets !== undefined && raw.charCodeAt(view.offsets[at] ?? 0) === 0x25 && rawWidth(view, at) === 3;
}

/** How many units of the raw text one unit of the view takes: tells an escaped quote from a plain one. */
export function rawWidth(view: View, at: number): number {
  const { offsets } = view;
  return offsets === undefined ? 1 : (offsets[at + 1] ?? 0) - (offsets[at] ?? 0);
}
