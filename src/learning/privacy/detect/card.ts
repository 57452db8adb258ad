import { unitAt } from "../text/unit.ts";
import { calledBefore, isDigit } from "./context.ts";

/** Ranges of the first six digits, lengths, and whether those alone are evidence enough without a word beside it. */
const BRANDS: readonly (readonly [from: number, to: number, lengths: readonly number[], strong: boolean])[] = [
  [400000, 499999, [16], true],
  [400000, 499999, [13, 19], false],
  [510000, 559999, [16], true],
  [222100, 272099, [16], true],
  [340000, 349999, [15], true],
  [370000, 379999, [15], true],
  [601100, 601199, [16, 19], true],
  [622126, 622925, [16, 17, 18, 19], true],
  [644000, 659999, [16], true],
  [300000, 305999, [14, 16], true],
  [309500, 309599, [14, 16], true],
  [360000, 369999, [14], true],
  [380000, 399999, [14, 16], true],
  [350000, 359999, [16], false],
  [352800, 358999, [16], true],
  [213100, 213199, [15], true],
  [180000, 180099, [15], true],
  [220000, 220499, [16], true],
  [500000, 509999, [12, 13, 14, 15, 16, 17, 18, 19], false],
  [560000, 699999, [12, 13, 14, 15, 16, 17, 18, 19], false],
  [810000, 829999, [16, 17, 18, 19], false],
  [979200, 979299, [16], false],
];
const CALLED =
  /card|credit|debit|visa|master|maestro|amex|american express|discover|diners|jcb|paym|paid|pay |\bpan\b|\bcc\b|karte|carte|tarjeta|cartão|\bcvv|purchase|charge|\bbank|transaction|billing/i;
const CALLED_CARD = /card|\bcc\b|karte|carte|tarjeta|cartão|visa|master|maestro|\bpan\b/i;
/** The month in which a card expires, beside its number. */
const EXPIRES = /^["',;|\s]{1,6}(?:exp\w*\W{0,3})?["']?(?:0[1-9]|1[0-2])[/-](?:20)?\d\d\b/i;
/** Digits with single spaces, dashes or full stops between groups; in code, with a suffix that makes them a long integer. */
const NUMBER = /\d(?:[ .-]?\d){11,18}(?=(?:[uU]?[lL]{1,2}|n)?(?![\w]|[.-]\d))/y;
const GROUPED = /^(?:\d{4}([ .-])\d{4}\1\d{4}(?:\1\d{1,4})?(?:\1\d{1,3})?|\d{4}([ -])\d{6}\2\d{4,5})$/;

/** Where the payment card that begins at `at` ends. */
export function cardAt(text: string, at: number): number | undefined {
  if (!isLong(text, at)) return undefined;
  NUMBER.lastIndex = at;
  if (!NUMBER.test(text)) return undefined;
  const end = NUMBER.lastIndex;
  const shown = text.slice(at, end);
  const digits = shown.replace(/[ .-]/g, "");
  const grouped = digits.length !== shown.length;
  if (grouped && !GROUPED.test(shown)) return undefined;
  const first = Number(digits.slice(0, 6));
  if (!luhn(digits) || /^(\d)\1+$/.test(digits)) return undefined;
  const brands = BRANDS.filter(
    ([from, to, lengths]) => first >= from && first <= to && lengths.includes(digits.length),
  );
  if (brands.length > 0 && (grouped || brands.some(([, , , strong]) => strong))) return end;
  // Called a card, it is one of whatever brand: ranges are given out faster than tables are kept.
  const called =
    calledBefore(text, at, CALLED, 80) ||
    CALLED.test(text.slice(end, end + 40)) ||
    EXPIRES.test(text.slice(end, end + 24));
  return called && (brands.length > 0 || calledBefore(text, at, CALLED_CARD, 80)) ? end : undefined;
}

/** Twelve digits with no more than one separator between two: what most numbers fail, told without a regular expression. */
function isLong(text: string, at: number): boolean {
  let digits = 0;
  for (let end = at; digits < 12; end += 1) {
    const code = unitAt(text, end);
    if (isDigit(code)) digits += 1;
    else if ((code !== 0x20 && code !== 0x2d && code !== 0x2e) || !isDigit(unitAt(text, end + 1))) return false;
  }
  return true;
}

/** ISO/IEC 7812: every second digit from the right doubled, digits summed, divisible by ten. */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    sum += index % 2 === 0 ? digit : digit < 5 ? 2 * digit : 2 * digit - 9;
  }
  return sum % 10 === 0;
}
