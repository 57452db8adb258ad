import { getCountries, getCountryCallingCode, Metadata, parsePhoneNumberFromString } from "libphonenumber-js/min";
import { unitAt } from "../text/unit.ts";
import { isDigit, isLetterUnit, type Nearby, nearby } from "./context.ts";

const CALLED =
  /phone|\btel\b|\btelef|\btfno|\btlfn|wa\.me\/|téléph|tel[.:]|\btlf|mobile|\bmob\b|\bcell|\bfax|\bcall(?:ing|ed| me| us| him| her| them)?\b|contact|whatsapp|\bsms\b|\btext(?:ed)? (?:me|him|her|us)|reach (?:me|us|him|her|you|them)|\banswer(?:ing)? (?:at|on)\b|\bmessages? (?:to|on|at)\b|\bring(?:ing)? (?:me|us)\b|\bdial|\bhandy|rufnummer|\bruf(?:t|en)? (?:mich|uns|ihn|sie)\b|\bll[aá]m|\bappele|\bchiam[aoi]|\bligue|\bnumber is\b|\bm[oó]vil|celular|telem[oó]vel|portable|hotline|helpline|landline|号码|电话|電話|手机|전화|연락처|номер|тел\b|тел\./i;
/** On cards and at the foot of letters, what a number is stands after it. */
const CALLED_AFTER =
  /^(?: ?[-(,|:]? ?)(?:office|fax|mobile|cell|home|work|phone|tel|direct|voice|landline|whatsapp)\b/i;
/** What else numbers of this length are called. */
const OTHERWISE =
  /(?:\b(?:id|ids|uuid|time|timestamp|ts|millis|micros|nanos|ms|rows|lines|date|epoch|size|bytes|offset|index|seed|order|invoice|ticket|issue|version|isbn|issn|ean|upc|sku|serial|port|pid|account|acct|routing|tracking|hash|checksum|amount|price|total|count|lat|lon|lng|license|licence)(?: (?:no|number|num|#))?|Id|_id)["'\s:=#]{0,4}(?:is )?["']?$/i;

/** A plus or two zeros, and the digits of a country and a number in it. */
const INTERNATIONAL = /(?:\+|00)[1-9](?:[ .\-/]{0,2}\(?\d\)?){6,15}(?:[ ]?(?:x|ext\.?|#)[ ]?\d{1,5})?/iy;
/** North America: area, exchange, line, in any of the usual ways; with an extension. */
const NORTH_AMERICAN =
  /(?:\+?1[ .-]?|001[ .-])?(?:\(\d{3}\)[ .-]{0,2}\d{3}[ .-]\d{4}|\d{3}-\d{3}-\d{4}|\d{3}\.\d{3}\.\d{4}|[2-9]\d{2} [2-9]\d{2}[ -]\d{4}|\d{3}[/ -]\d{3}-\d{4})(?: ?(?:x|ext\.?|#) ?\d{1,6})?(?![\w]|[.-]\d)/iy;
/** A trunk zero with groups of digits after it: most of Europe, Asia, Australia. */
const TRUNK = /\(?0[1-9]\d{0,4}\)?(?:(?: \/ |[ .\-/]{1,2})\d{2,9}){1,5}(?![\w]|[.-]\d)/y;
/** An area in brackets. */
const BRACKETED = /\(\d{2,5}\)[ -]?\d{2,4}(?:[ -]?\d{2,4}){1,3}(?![\w]|[.-]\d)/y;
/** Anything of a number's length, where it is called one. */
const NAMED =
  /\+?\(?\d{1,15}(?!\d)\)?(?:(?:(?: \/ |[ .\-/]{1,2})\(?|(?<=\))|\()\d{1,11}(?!\d)\)?){0,6}(?: ?(?:x|ext\.?|#) ?\d{1,6})?(?![\w]|[.-]\d)/iy;

const FRACTION = /\d{1,9}\.\d{1,9},/y;

/** Lengths of national numbers by calling code, of all countries that share it. */
const LENGTHS = new Map<string, Set<number>>();
const metadata = new Metadata();
for (const country of getCountries()) {
  metadata.selectNumberingPlan(country);
  const code = getCountryCallingCode(country);
  const lengths = LENGTHS.get(code) ?? new Set();
  for (const length of metadata.numberingPlan?.possibleLengths() ?? []) lengths.add(length);
  LENGTHS.set(code, lengths);
}

/** Words that a text may call telephone numbers by, for `phoneAt`. */
export const calledPhone = (text: string): Nearby => nearby(text, CALLED);
const REACH = 40;
/** A number with its separators and the word after it. */
const LONGEST_NAMED = 48;

/** Where the telephone number that begins at `at` (its plus, bracket or first digit) ends. */
export function phoneAt(text: string, at: number, called: Nearby): number | undefined {
  const first = unitAt(text, at);
  if (first === 0x2b || (first === 0x30 && unitAt(text, at + 1) === 0x30)) {
    const end = international(text, at, called);
    if (end !== undefined) return end;
  }
  const run = runOfDigits(text, at);
  if (run > 15) return undefined;
  const american = run === 0 || run === 1 || run === 3 ? matchAt(NORTH_AMERICAN, text, at) : undefined;
  if (american !== undefined && !isNumberedOtherwise(text, at)) return american;
  if (isFractionInList(text, at)) return undefined;
  const trunk =
    first === 0x30 || first === 0x28 ? (matchAt(TRUNK, text, at) ?? matchAt(BRACKETED, text, at)) : undefined;
  if (
    trunk !== undefined &&
    isTrunk(text.slice(at, trunk)) &&
    !/^-[0-9a-f]{2}\b/i.test(text.slice(trunk, trunk + 4)) &&
    !isInDump(text, at, trunk) &&
    !isNumberedOtherwise(text, at)
  )
    return trunk;
  return named(text, at, called);
}

function named(text: string, at: number, called: Nearby): number | undefined {
  const isCalled = called(at, REACH);
  if (!isCalled && !lettersFollow(text, at)) return undefined;
  const end = matchAt(NAMED, text, at);
  if (end === undefined) return undefined;
  const shown = text.slice(at, end);
  const digits = digitsOf(shown);
  if (digits < (/\d[ -]\d/.test(shown) ? 6 : 7) || digits > 15 + 6 || isDateOrTime(shown) || isPlainNumber(shown))
    return undefined;
  if (!isCalled && !CALLED_AFTER.test(text.slice(end, end + 16))) return undefined;
  return OTHERWISE.test(text.slice(Math.max(0, at - REACH), at)) ? undefined : end;
}

function international(text: string, at: number, called: Nearby): number | undefined {
  const end = matchAt(INTERNATIONAL, text, at);
  if (end === undefined || isDigit(unitAt(text, end)) || /[A-Za-z_]/.test(text.charAt(end))) return undefined;
  const shown = text.slice(at, end);
  const plus = shown.startsWith("+");
  const separated = /\d[ .\-/()]+\d/.test(shown);
  const inPatch = plus && !separated && (at === 0 || unitAt(text, at - 1) === 0x0a);
  if (plus && !inPatch && isPossible(shown)) return end;
  if (called(at, REACH)) return digitsOf(shown) >= 8 ? end : undefined;
  // Without a plus, or alone at the start of a line as in a patch, only what is in use counts.
  if (!inPatch && (plus || !separated)) return undefined;
  return parsePhoneNumberFromString(plus ? shown : `+${shown.slice(2)}`)?.isValid() === true ? end : undefined;
}

/** A calling code that there is, and as many digits after it as its countries use. */
function isPossible(shown: string): boolean {
  const digits = shown.replace(/ ?(?:x|ext|#).*$/i, "").replace(/\D/g, "");
  for (const length of [1, 2, 3]) {
    const lengths = LENGTHS.get(digits.slice(0, length));
    // "+44 (0)20 ..." keeps its trunk zero.
    if (lengths !== undefined) return lengths.has(digits.length - length) || lengths.has(digits.length - length - 1);
  }
  return false;
}

function runOfDigits(text: string, at: number): number {
  let end = at;
  while (end < at + 20 && isDigit(unitAt(text, end))) end += 1;
  return end - at;
}

function matchAt(shape: RegExp, text: string, at: number): number | undefined {
  shape.lastIndex = at;
  return shape.test(text) ? shape.lastIndex : undefined;
}

function digitsOf(shown: string): number {
  let digits = 0;
  for (let index = 0; index < shown.length; index += 1) if (isDigit(shown.charCodeAt(index))) digits += 1;
  return digits;
}

/** Whether a word stands so near after a place that it may say what the number between them is. */
function lettersFollow(text: string, at: number): boolean {
  const last = Math.min(text.length, at + LONGEST_NAMED);
  for (let next = at; next < last; next += 1) if (isLetterUnit(text.charCodeAt(next))) return true;
  return false;
}

/** Nine to twelve digits in groups that belong together; not a date, a time, or a row of pairs such as an address of hardware. */
function isTrunk(shown: string): boolean {
  const digits = digitsOf(shown);
  const groups = shown.split(/[^\d]+/).filter((group) => group !== "");
  if (
    digits < (shown.startsWith("(") ? 7 : 9) ||
    digits > (shown.startsWith("(") ? 13 : 12) ||
    isDateOrTime(shown) ||
    isPostalCode(shown)
  )
    return false;
  if (groups.length >= 6) return false;
  const separators = new Set(shown.replace(/[\d()]/g, "").split(""));
  return separators.size <= 2;
}

/** `4c46 0201 0100 9857 e172`: between groups of four hexadecimal digits. */
function isInDump(text: string, at: number, end: number): boolean {
  const hexadecimal = (word: string) => /^[0-9a-f]{4}$/i.test(word) && /[a-f]/i.test(word) && /\d/.test(word);
  return (
    (text.charAt(at - 1) === " " && hexadecimal(text.slice(Math.max(0, at - 5), at - 1))) ||
    (text.charAt(end) === " " && hexadecimal(text.slice(end + 1, end + 5)))
  );
}

/** Of the United States, with the four digits that narrow it. */
const isPostalCode = (shown: string) => /^\d{5}-\d{4}$/.test(shown);

function isDateOrTime(shown: string): boolean {
  return (
    /^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})(?:\D|$)/.test(shown) ||
    /^(?:19|20)\d{2}[01]\d[0-3]\d\d*$/.test(shown)
  );
}

/** `,5321.6802,`: one of several numbers that have fractions. */
function isFractionInList(text: string, at: number): boolean {
  if (unitAt(text, at - 1) !== 0x2c) return false;
  FRACTION.lastIndex = at;
  return FRACTION.test(text);
}

/** Fractions, versions of four parts, masks, and counts filled up with zeros. */
function isPlainNumber(shown: string): boolean {
  return (
    /^(?:[1-9]\d{0,2}|0)\.\d+$/.test(shown) ||
    /^0{3}/.test(shown) ||
    (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(shown) && !/^\d\d(?:\.\d\d){3}$/.test(shown))
  );
}

function isNumberedOtherwise(text: string, at: number): boolean {
  return OTHERWISE.test(text.slice(Math.max(0, at - 24), at));
}
