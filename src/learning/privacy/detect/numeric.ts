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
    const { text, landmarks } = scan;
    const called = calledPhone(text);
    const lettered = lettersBefore(text);
    const mayJudge = allowanceOf(scan);
    let done = 0;
    const { numbers } = landmarks;
    for (let index = 0; index < numbers.length; index += 2) {
      const number = numbers[index] ?? 0;
      if (number < done) continue;
      const end =
        (kinds.ips && looksDotted(text, number) && !isWordUnit(text.charCodeAt(number - 1))
          ? found(ipv4At(text, number), "IP", number)
          : undefined) ??
        fromWord(index, number, done) ??
        fromNumber(index, number);
      if (end !== undefined) done = end;
    }

    function found(end: number | undefined, type: string, start: number): number | undefined {
      if (end !== undefined) scan.report(start, end, type);
      return end;
    }

    /** Numbers that begin with letters: IBANs, and many national ones. */
    function fromWord(index: number, number: number, from: number): number | undefined {
      if (!kinds.ibans && !kinds.nationals) return undefined;
      let start = number;
      while (start > from && number - start < 8 && isLetter(text.charCodeAt(start - 1))) start -= 1;
      // "AB 12 34 56 C" is written with spaces between letters and digits.
      if (start === number && text.charCodeAt(number - 1) === 0x20 && isLetter(text.charCodeAt(number - 2))) {
        start = number - 1;
        while (start > from && number - start < 8 && isLetter(text.charCodeAt(start - 1))) start -= 1;
      }
      if (start === number || isWordUnit(text.charCodeAt(start - 1)) || !isCrowded(index)) return undefined;
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

    function fromNumber(index: number, number: number): number | undefined {
      const before = text.charCodeAt(number - 1);
      // The rest of 1.2.3.4.5 was looked at from its beginning.
      if (before === 0x2e && isDigit(text.charCodeAt(number - 2))) return undefined;
      if (isWordUnit(before) || !isPersonal(index)) return undefined;
      if (!mayJudge(number)) return text.length;
      const inside = (before === 0x2e || before === 0x2d) && isWordUnit(text.charCodeAt(number - 2));
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
      const bracketed = before === 0x28 && text.charCodeAt(number - 2) === 0x2b ? number - 2 : start;
      return (
        found(phoneAt(text, bracketed, called), "PHONE", bracketed) ??
        (bracketed === number ? undefined : found(phoneAt(text, number, called), "PHONE", number))
      );
    }

    /** Four digits on the same line in reach of the number's first one. */
    function isCrowded(index: number): boolean {
      const first = numbers[index] ?? 0;
      let digits = 0;
      let before = first;
      for (let next = index; next < numbers.length; next += 2) {
        const start = numbers[next] ?? 0;
        if (start >= first + REACH) return false;
        for (let at = before; at < start; at += 1) if (text.charCodeAt(at) === 0x0a) return false;
        before = numbers[next + 1] ?? start;
        digits += Math.min(before, first + REACH) - start;
        if (digits >= 4) return true;
      }
      return false;
    }

    /** Enough digits, with no more between them than people put there, and not a row of single ones. */
    function isPersonal(index: number): boolean {
      const first = numbers[index] ?? 0;
      let digits = 0;
      let before = first;
      for (let next = index; next < numbers.length; next += 2) {
        const start = numbers[next] ?? 0;
        if (start >= first + REACH || start - before > 3) return false;
        for (let at = before; at < start; at += 1) if (!isSeparator(text.charCodeAt(at))) return false;
        if (digits === 2 && next === index + 4) return false;
        before = numbers[next + 1] ?? start;
        digits += Math.min(before, first + REACH) - start;
        if (digits >= FEWEST_DIGITS) return true;
      }
      return false;
    }
  };
}

/** Space, brackets, dash, dot, slash. */
function isSeparator(code: number): boolean {
  return code === 0x20 || (code >= 0x28 && code <= 0x29) || (code >= 0x2d && code <= 0x2f);
}

/** Up to three digits and a dot. */
function looksDotted(text: string, at: number): boolean {
  return text.charCodeAt(at + 1) === 0x2e || text.charCodeAt(at + 2) === 0x2e || text.charCodeAt(at + 3) === 0x2e;
}

/** Whether the dash or dot at `at` follows a word with digits in it: a part of a UUID, a version or a name of code. */
function isHexWord(text: string, at: number): boolean {
  if (text.charCodeAt(at) === 0x2e) return true;
  for (let before = at - 1; before >= at - 40; before -= 1) {
    const code = text.charCodeAt(before);
    if (isDigit(code)) return true;
    if (!isWordUnit(code) && code !== 0x2d) return false;
  }
  return false;
}
