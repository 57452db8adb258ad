import { unitAt } from "../text/unit.ts";
import { cardAt } from "./card.ts";
import { isDigit, isLetter, isWordUnit, lettersBefore } from "./context.ts";
import { ibanAt } from "./iban.ts";
import { ipv4At } from "./ip.ts";
import { REACH as NAME_REACH, nationalAt } from "./national/index.ts";
import { calledPhone, phoneAt } from "./phone.ts";
import { allowanceOf, type Detector } from "./scan.ts";

export interface NumericKinds {
  readonly cards: boolean;
  readonly ibans: boolean;
  readonly nationals: boolean;
  readonly ips: boolean;
  readonly phones: boolean;
}

/** With fewer digits than this in reach of its first one, a number is nobody's. */
const FEWEST_DIGITS = 6;
const REACH = 26;

/** Everything that is made of digits: each place where a number begins is looked at once, the strictest detector first. */
export function numeric(kinds: NumericKinds): Detector {
  return (scan) => {
    const { text } = scan;
    const called = calledPhone(text);
    const lettered = lettersBefore(text);
    const mayJudge = allowanceOf(scan);
    let done = 0;
    // Not beforehand: where the rest of a text is taken out whole, numbers there need not be looked for.
    for (let number = digitFrom(text, 0); number < text.length; number = digitFrom(text, digitsEnd(text, number))) {
      if (number < done) continue;
      const end =
        (kinds.ips && looksDotted(text, number) && !isWordUnit(unitAt(text, number - 1))
          ? found(ipv4At(text, number), "IP", number)
          : undefined) ??
        fromWord(number, done) ??
        fromNumber(number);
      if (end === text.length) return;
      if (end !== undefined) done = end;
    }

    function found(end: number | undefined, type: string, start: number): number | undefined {
      if (end !== undefined) scan.report(start, end, type);
      return end;
    }

    /** Numbers that begin with letters: IBANs, and many national ones. */
    function fromWord(number: number, from: number): number | undefined {
      if (!kinds.ibans && !kinds.nationals) return undefined;
      let start = number;
      while (start > from && number - start < 8 && isLetter(unitAt(text, start - 1))) start -= 1;
      // "AB 12 34 56 C" is written with spaces between letters and digits.
      if (start === number && unitAt(text, number - 1) === 0x20 && isLetter(unitAt(text, number - 2))) {
        start = number - 1;
        while (start > from && number - start < 8 && isLetter(unitAt(text, start - 1))) start -= 1;
      }
      if (start === number || isWordUnit(unitAt(text, start - 1)) || !isCrowded(number, 4)) return undefined;
      if (!mayJudge(start)) return text.length;
      const letters = number - start;
      if (kinds.ibans && letters === 2) {
        const end = found(ibanAt(text, start), "IBAN", start);
        if (end !== undefined) return end;
      }
      return kinds.nationals
        ? found(nationalAt(text, start, lettered(start, NAME_REACH)), "NATIONAL_ID", start)
        : undefined;
    }

    function fromNumber(number: number): number | undefined {
      const before = unitAt(text, number - 1);
      // The rest of 1.2.3.4.5 was looked at from its beginning.
      if (before === 0x2e && isDigit(unitAt(text, number - 2))) return undefined;
      if (isWordUnit(before) || !isPersonal(number)) return undefined;
      if (!mayJudge(number)) return text.length;
      const inside = (before === 0x2e || before === 0x2d) && isWordUnit(unitAt(text, number - 2));
      const strict = () =>
        (kinds.cards ? found(cardAt(text, number), "CARD", number) : undefined) ??
        (kinds.nationals
          ? found(nationalAt(text, number, lettered(number, NAME_REACH)), "NATIONAL_ID", number)
          : undefined);
      // After a plus it is a telephone number first, whatever country's number the rest would be.
      if (before === 0x2b) return fromPhone(number, before, inside) ?? strict();
      return (inside ? undefined : strict()) ?? fromPhone(number, before, inside);
    }

    function fromPhone(number: number, before: number, inside: boolean): number | undefined {
      if (!kinds.phones || (inside && isHexWord(text, number - 1))) return undefined;
      const start = before === 0x2b || before === 0x28 ? number - 1 : number;
      const bracketed = before === 0x28 && unitAt(text, number - 2) === 0x2b ? number - 2 : start;
      return (
        found(phoneAt(text, bracketed, called), "PHONE", bracketed) ??
        (bracketed === number ? undefined : found(phoneAt(text, number, called), "PHONE", number))
      );
    }

    function isCrowded(number: number, fewest: number): boolean {
      let digits = 0;
      for (let at = number; at < number + REACH && digits < fewest; at += 1) {
        const code = unitAt(text, at);
        if (isDigit(code)) digits += 1;
        else if (code === 0x0a || code < 0) break;
      }
      return digits >= fewest;
    }

    /** Enough digits, with no more between them than people put there, and not a row of single ones. */
    function isPersonal(number: number): boolean {
      let digits = 0;
      let gap = 0;
      let groups = 0;
      for (let at = number; at < number + REACH && digits < FEWEST_DIGITS; at += 1) {
        const code = unitAt(text, at);
        if (isDigit(code)) {
          if (gap > 0) groups += 1;
          if (groups === 2 && digits === 2) return false;
          digits += 1;
          gap = 0;
        } else {
          gap += 1;
          if (gap > 3 || !isSeparator(code)) return false;
        }
      }
      return digits >= FEWEST_DIGITS;
    }
  };
}

/** Space, brackets, dash, dot, slash. */
function isSeparator(code: number): boolean {
  return code === 0x20 || (code >= 0x28 && code <= 0x29) || (code >= 0x2d && code <= 0x2f);
}

/** Up to three digits and a dot. */
function looksDotted(text: string, at: number): boolean {
  return unitAt(text, at + 1) === 0x2e || unitAt(text, at + 2) === 0x2e || unitAt(text, at + 3) === 0x2e;
}

/** Whether the dash or dot at `at` follows a word with digits in it: a part of a UUID, a version or a name of code. */
function isHexWord(text: string, at: number): boolean {
  if (unitAt(text, at) === 0x2e) return true;
  for (let before = at - 1; before >= at - 40; before -= 1) {
    const code = unitAt(text, before);
    if (isDigit(code)) return true;
    if (!isWordUnit(code) && code !== 0x2d) return false;
  }
  return false;
}

/** Where the first digit at or after `at` is; the text's end where there is none. */
function digitFrom(text: string, at: number): number {
  let next = at;
  while (next < text.length && !isDigit(text.charCodeAt(next))) next += 1;
  return next;
}

function digitsEnd(text: string, at: number): number {
  let next = at;
  while (isDigit(unitAt(text, next))) next += 1;
  return next;
}
