import { isStringOneByteRepresentation } from "node:v8";
import { countBelow, Numbers } from "../text/numbers.ts";
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
  readonly ats: Int32Array;
  /** Start and end, in turn, of unbroken runs of letters, digits and _ - . + / = that are long enough for a token. */
  readonly runs: Int32Array;
  /** Of every "://". */
  readonly urls: Int32Array;
  /** Of every colon that no other stands before and that a hexadecimal digit, a colon or a dot follows, as in addresses. */
  readonly colons: Int32Array;
  /** Where a command may begin: STARTS (command-table.ts) tells whether one does. */
  readonly commands: Int32Array;
  /** Where what every name of a secret has in it may begin: HINT (hints.ts) tells whether it does. */
  readonly hints: Int32Array;
  /** Where what names a list of codes may begin: LISTED (hints.ts) tells whether it does. */
  readonly listed: Int32Array;
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
  const ats = new Numbers();
  const urls = new Numbers();
  const colons = new Numbers();
  const commands = new Numbers();
  const hints = new Numbers();
  const listed = new Numbers();
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
  return {
    ats: ats.all(),
    runs: runsOf(text),
    urls: urls.all(),
    colons: colons.all(),
    commands: commands.all(),
    hints: hints.all(),
    listed: listed.all(),
  };

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
function runsOf(text: string): Int32Array {
  const runs = new Numbers();
  let start = 0;
  while (start + SHORTEST_RUN <= text.length) {
    let at = start + SHORTEST_RUN - 1;
    while (at >= start && RUN[text.charCodeAt(at)] === 1) at -= 1;
    if (at >= start) start = at + 1;
    else {
      let end = start + SHORTEST_RUN;
      while (end < text.length && RUN[text.charCodeAt(end)] === 1) end += 1;
      runs.push(start);
      runs.push(end);
      start = end + 1;
    }
  }
  return runs.all();
}

/** Those of the text's beginning, up to `end`. */
export function landmarksBefore({ runs, ...places }: Landmarks, end: number): Landmarks {
  const before = (numbers: Int32Array) => numbers.subarray(0, countBelow(numbers, end));
  // A run that has begun ends there.
  const begun = countBelow(runs, end);
  const cut = runs.slice(0, begun + (begun % 2));
  if (begun % 2 === 1) cut[begun] = end;
  return {
    runs: cut,
    ats: before(places.ats),
    urls: before(places.urls),
    colons: before(places.colons),
    commands: before(places.commands),
    hints: before(places.hints),
    listed: before(places.listed),
  };
}
