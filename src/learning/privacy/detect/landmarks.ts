import { isStringOneByteRepresentation } from "node:v8";
import { unitAt } from "../text/unit.ts";
import { beginningsOf, endsWith, lastThree, NO_UNITS } from "./beginnings.ts";
import { COMMAND_BEGINNINGS } from "./secret/command-table.ts";
import { HINTS, LISTED_BEGINNINGS, NARROW_HINTS } from "./secret/hints.ts";

/**
 * Where in a text there can be anything at all, found before anything is looked for: detectors look only there, which is
 * what makes them fast on text that holds nothing.
 */
export interface Landmarks {
  /** Of every @ that no other stands beside: in a row of them there is no address. */
  readonly ats: readonly number[];
  /** Start and end, in turn, of unbroken runs of letters, digits and _ - . + / = that are long enough for a token. */
  readonly runs: readonly number[];
  /** Of every "://". */
  readonly urls: readonly number[];
  /** Of every colon that no other stands before and that a hexadecimal digit, a colon or a dot follows, as in addresses. */
  readonly colons: readonly number[];
  /** Where a command may begin: STARTS (command-table.ts) tells whether one does. */
  readonly commands: readonly number[];
  /** Where what every name of a secret has in it may begin: HINT (hints.ts) tells whether it does. */
  readonly hints: readonly number[];
  /** Where what names a list of codes may begin: LISTED (hints.ts) tells whether it does. */
  readonly listed: readonly number[];
}

/** Kinds of things that are known by how they begin or, the last one, by the last of three units; and their bits. */
const COMMAND = 1;
const HINT = 2;
const LIST = 4;
const SIGN = 8;
const NARROW_BEGINNINGS = withSigns(beginningsOf([COMMAND_BEGINNINGS, NARROW_HINTS, LISTED_BEGINNINGS]));
const BEGINNINGS = withSigns(beginningsOf([COMMAND_BEGINNINGS, HINTS, LISTED_BEGINNINGS]));

function withSigns(table: Uint8Array): Uint8Array {
  return table.map((kinds, last) => (endsWith(last, "@") || endsWith(last, ":") ? kinds | SIGN : kinds));
}

/** Shorter than this is no token. */
const SHORTEST_RUN = 15;

const ofUnits = (units: string) => {
  const table = new Uint8Array(65_536);
  for (const unit of units) table[unit.charCodeAt(0)] = 1;
  return table;
};
/** Whether a unit may stand in a token. */
const RUN = ofUnits("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.+/=~");
/** Whether a unit may follow a colon in an IPv6 address. */
const ADDRESS = ofUnits("0123456789abcdefABCDEF:.");

export function landmarksOf(text: string): Landmarks {
  const ats: number[] = [];
  const urls: number[] = [];
  const colons: number[] = [];
  const commands: number[] = [];
  const hints: number[] = [];
  const listed: number[] = [];
  const table = isStringOneByteRepresentation(text) ? NARROW_BEGINNINGS : BEGINNINGS;
  let last = NO_UNITS;
  for (let at = 0; at < text.length; at += 1) {
    last = lastThree(last, text.charCodeAt(at));
    // The only branch that is taken for every unit, and one that is easily guessed.
    const kinds = table[last] ?? 0;
    if (kinds === 0) continue;
    if ((kinds & COMMAND) !== 0) commands.push(at - 2);
    if ((kinds & HINT) !== 0) hints.push(at - 2);
    if ((kinds & LIST) !== 0) listed.push(at - 2);
    if ((kinds & SIGN) !== 0) sign(at);
  }
  // What has two units may end the text.
  if (text.length >= 2) hints.push(text.length - 2);
  return { ats, runs: runsOf(text), urls, colons, commands, hints, listed };

  function sign(at: number): void {
    const code = text.charCodeAt(at);
    const next = unitAt(text, at + 1);
    if (code === 0x40) {
      if (next !== 0x40 && unitAt(text, at - 1) !== 0x40) ats.push(at);
    } else if (code === 0x3a) {
      if (next === 0x2f && unitAt(text, at + 2) === 0x2f) urls.push(at);
      else if (ADDRESS[next] === 1 && unitAt(text, at - 1) !== 0x3a) colons.push(at);
    }
  }
}

/** Start and end, in turn. Most units are jumped over: where the last unit of what would be the shortest run is none of a run, none of it is. */
function runsOf(text: string): number[] {
  const runs: number[] = [];
  let start = 0;
  while (start + SHORTEST_RUN <= text.length) {
    let at = start + SHORTEST_RUN - 1;
    while (at >= start && RUN[text.charCodeAt(at)] === 1) at -= 1;
    if (at >= start) start = at + 1;
    else {
      let end = start + SHORTEST_RUN;
      while (end < text.length && RUN[text.charCodeAt(end)] === 1) end += 1;
      runs.push(start, end);
      start = end + 1;
    }
  }
  return runs;
}

/** Those of the text's beginning, up to `end`. */
export function landmarksBefore({ runs, ...places }: Landmarks, end: number): Landmarks {
  const before = (at: number) => at < end;
  const starts = runs.filter((at, index) => index % 2 === 0 && before(at)).length;
  return {
    runs: runs.slice(0, 2 * starts).map((at) => Math.min(at, end)),
    ats: places.ats.filter(before),
    urls: places.urls.filter(before),
    colons: places.colons.filter(before),
    commands: places.commands.filter(before),
    hints: places.hints.filter(before),
    listed: places.listed.filter(before),
  };
}
