import { isStringOneByteRepresentation } from "node:v8";
import { DROPPED, fold, foldAstral } from "./fold.ts";
import { textOf } from "./pieces.ts";
import { Places } from "./places.ts";

/**
 * A text as its reader takes it: escapes of JSON and of strings resolved however often they were escaped, percent signs
 * of URLs and entities of HTML too, look-alikes as ASCII. Detectors read this; what they find is replaced in the text.
 */
export interface View {
  readonly text: string;
  /** Where each unit of `text`, and its end, stands in the raw text; undefined: at the same place. */
  readonly places: Places | undefined;
}

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
  if (isPlain(raw)) return { text: narrowed(raw), places: undefined };
  // Text of one byte a unit stays so: what searches it later is faster for it.
  const most = isStringOneByteRepresentation(raw) || !/[\u0100-\uffff]/.test(raw) ? 0xff : 0xffff;
  const units = new Uint16Array(raw.length);
  const places = new Places();
  const read: Reading = { meant: 0, next: 0 };
  let length = 0;
  for (let at = 0; at < raw.length; ) {
    const code = raw.charCodeAt(at);
    if (code < 128 && SPECIAL[code] === 0) {
      units[length] = code;
      length += 1;
      at += 1;
      continue;
    }
    readSpecial(raw, at, code, read);
    const folded = read.meant < 0x80 ? read.meant : fold(read.meant);
    // What escapes can mean beyond a narrow text is no part of anything we look for.
    if (folded !== DROPPED) {
      units[length] = folded > most ? 0x3f : folded;
      length += 1;
    }
    if (folded === DROPPED || read.next > at + 1) places.note(length, read.next);
    at = read.next;
  }
  const meant = units.subarray(0, length);
  return { text: textOf(most === 0xff ? new Uint8Array(meant) : meant), places };
}

/** What stands at a place, and where what follows it begins. One for a whole text: there may be millions of places. */
interface Reading {
  meant: number;
  next: number;
}

/** Whether it is ASCII, with nothing in it that stands for something else. */
const isPlain = (raw: string) =>
  Buffer.byteLength(raw) === raw.length && !["\\", "%", "&", ESCAPE].some((unit) => raw.includes(unit));

/** Text of ASCII, of one byte a unit. */
const narrowed = (ascii: string) =>
  isStringOneByteRepresentation(ascii) ? ascii : textOf(new Uint8Array(Buffer.from(ascii, "latin1")));

const SPECIAL = new Uint8Array(128);
for (const unit of `\\%&${ESCAPE}`) SPECIAL[unit.charCodeAt(0)] = 1;

function readSpecial(raw: string, at: number, code: number, read: Reading): void {
  const next = at + 1;
  read.meant = code;
  read.next = next;
  if (code === BACKSLASH) {
    while (raw.charCodeAt(read.next) === BACKSLASH) read.next += 1;
    readEscape(raw, read.next, read);
  } else if (code === 0x25) {
    const byte = hexAt(raw, next, 2);
    if (byte >= 0x20 && byte < 0x7f) take(read, byte, next + 2);
  } else if (code === 0x26) readEntity(raw, next, read);
  else if (code === 0x1b) {
    COLOUR.lastIndex = next;
    if (COLOUR.test(raw)) take(read, 0xad, COLOUR.lastIndex);
  } else if (code >= 0xd800 && code < 0xdc00 && next < raw.length) {
    const folded = foldAstral(raw.codePointAt(at) ?? code);
    if (folded < 0x80) take(read, folded, next + 1);
  }
}

function take(read: Reading, meant: number, next: number): void {
  read.meant = meant;
  read.next = next;
}

/** What a run of backslashes and the character at `at` mean. A run before anything else is one backslash. */
function readEscape(raw: string, at: number, read: Reading): void {
  switch (raw.charCodeAt(at)) {
    case 0x22:
    case 0x27:
    case 0x60:
    case 0x2f:
      take(read, raw.charCodeAt(at), at + 1);
      break;
    case 0x6e:
    case 0x72:
      take(read, 0x0a, at + 1);
      break;
    case 0x74:
      take(read, 0x09, at + 1);
      break;
    case 0x75: {
      const code = hexAt(raw, at + 1, 4);
      if (code >= 0) take(read, code, at + 5);
      break;
    }
    case 0x78: {
      const code = hexAt(raw, at + 1, 2);
      if (code >= 0x20) take(read, code, at + 3);
    }
  }
}

function readEntity(raw: string, at: number, read: Reading): void {
  const semicolon = raw.slice(at, at + 8).indexOf(";");
  if (semicolon < 2) return;
  const name = raw.slice(at, at + semicolon);
  const code = name.startsWith("#")
    ? Number(name[1] === "x" || name[1] === "X" ? `0${name.slice(1)}` : name.slice(1))
    : (ENTITIES[name] ?? Number.NaN);
  if (code >= 0x20 && code < 0x7f) take(read, code, at + semicolon + 1);
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

/** Where a stretch of the view lies in the raw text. */
export function rawRange({ places }: View, start: number, end: number): { start: number; end: number } {
  return places === undefined ? { start, end } : { start: places.rawOf(start), end: places.rawOf(end) };
}

/** Whether one unit of the view is written with a percent sign: it is of the value then, not around it (RFC 3986, 2.2). */
export function isPercentEncoded(raw: string, view: View, at: number): boolean {
  return view.places !== undefined && raw.charCodeAt(view.places.rawOf(at)) === 0x25 && rawWidth(view, at) === 3;
}

/** How many units of the raw text one unit of the view takes: tells an escaped quote from a plain one. */
export function rawWidth({ places }: View, at: number): number {
  return places === undefined ? 1 : places.rawOf(at + 1) - places.rawOf(at);
}
