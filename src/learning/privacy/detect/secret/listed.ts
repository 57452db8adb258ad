import { among } from "../beginnings.ts";
import { allowanceOf, type Detector } from "../scan.ts";
import { LISTED } from "./hints.ts";

/** How far behind its name a phrase or the first of a list's codes may stand. */
const REACH = 240;
/** BIP 39: 12 to 24 words of three to eight letters. */
const PHRASE = /(?<![\w'-])[a-z]{3,8}(?: [a-z]{3,8}){11,23}(?![\w'-])/;
/** The seed of one-time passwords as it is shown to be typed: base32 in groups. */
const SEED = /(?<![\w-])(?:[A-Z2-7]{4} ){3,15}[A-Z2-7]{4}(?![\w-])/;
/** Words of sentences that none of its words is. */
const SENTENCE = /\b(?:and|are|but|for|from|had|has|into|its|not|our|the|their|was|were|which|with|your)\b/;
/** More than a megabyte of lines with one of the names on each has. */
const MOST_NAMES = 40_000;
/** Between the name and the first of the codes the sentence ends, and lines may be empty. */
const MOST_LINES = 4;
/** A line with nothing but a code, numbered perhaps. */
const CODE =
  /[ \t>*-]{0,12}(?:\d{1,2}[.)][ \t])?(?<code>[A-Za-z0-9]{4,12}(?:[- ][A-Za-z0-9]{4,12}){0,3})[ \t]{0,8}(?:\n|$)/y;
const MOST_CODES = 24;

/** The words that open a wallet, and lists of codes that each open an account once. */
export const listed: Detector = (scan) => {
  const { text, report } = scan;
  const mayJudge = allowanceOf(scan, MOST_NAMES);
  let done = 0;
  const nameFrom = among(text, scan.landmarks.listed, LISTED);
  for (let at = nameFrom(0); at >= 0; at = nameFrom(Math.max(at + 1, done))) {
    if (!mayJudge(at)) return;
    const from = LISTED.lastIndex;
    const near = text.slice(from, from + REACH);
    const phrase = PHRASE.exec(near) ?? SEED.exec(near);
    if (phrase !== null && !SENTENCE.test(phrase[0]))
      report(from + phrase.index, from + phrase.index + phrase[0].length, "SECRET");
    else codesAfter(from, near);
  }

  function codesAfter(from: number, near: string): void {
    let line = near.indexOf("\n");
    for (let lines = 0; line >= 0 && lines < MOST_LINES; lines += 1, line = near.indexOf("\n", line + 1)) {
      const codes = codesAt(from + line + 1);
      if (codes.length < 2) continue;
      for (const [start, end] of codes) {
        report(start, end, "SECRET");
        done = end;
      }
      return;
    }
  }

  /** In the lines from a place on, as long as each is a code with a digit. */
  function codesAt(place: number): (readonly [start: number, end: number])[] {
    const codes: (readonly [number, number])[] = [];
    CODE.lastIndex = place;
    for (let found = CODE.exec(text); found !== null && codes.length < MOST_CODES; found = CODE.exec(text)) {
      const code = found.groups?.code ?? "";
      if (!/\d/.test(code) || !/[a-z]|\d{6}/i.test(code)) break;
      const start = found.index + found[0].indexOf(code);
      codes.push([start, start + code.length]);
    }
    return codes;
  }
};
