import { luhn } from "../card.ts";
import { isDay, verhoeff, weighted } from "./checksums.ts";
import type { NationalNumber } from "./kinds.ts";

/** Values of the first letter in Taiwan's numbers, A to Z. */
const TAIWAN = [10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33];

function isSingapore(plain: string): boolean {
  const sum =
    weighted(plain.slice(1), [2, 7, 6, 5, 4, 3, 2]) +
    ("TG".includes(plain.charAt(0)) ? 4 : plain.startsWith("M") ? 3 : 0);
  const letters = "ST".includes(plain.charAt(0))
    ? "JZIHGFEDCBA"
    : plain.startsWith("M")
      ? "XWUTRQPNJLK"
      : "XWUTRQPNMLK";
  return letters[sum % 11] === plain[8] || (plain.startsWith("M") && letters[10 - (sum % 11)] === plain[8]);
}

function isHongKong(plain: string): boolean {
  const letters = plain.match(/^[A-Z]+/)?.[0] ?? "";
  const values = [...(letters.length === 1 ? ` ${letters}` : letters)].map((unit) =>
    unit === " " ? 36 : unit.charCodeAt(0) - 55,
  );
  const digits = [...plain.slice(letters.length, letters.length + 6)].map(Number);
  const sum = [...values, ...digits].reduce((total, value, index) => total + value * (9 - index), 0);
  const check = (11 - (sum % 11)) % 11;
  return (check === 10 ? "A" : String(check)) === plain.at(-1);
}

function isTurkish(plain: string): boolean {
  const digits = [...plain].map(Number);
  const at = (index: number) => digits[index] ?? 0;
  const odd = at(0) + at(2) + at(4) + at(6) + at(8);
  const even = at(1) + at(3) + at(5) + at(7);
  return (7 * odd - even + 100) % 10 === at(9) && (odd + even + at(9)) % 10 === at(10);
}

const isChinese = (plain: string) =>
  isDay(plain.slice(10, 12), plain.slice(12, 14)) &&
  /^(?:1[89]|20)/.test(plain.slice(6)) &&
  "10X98765432"[weighted(plain, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11] === plain[17];

export const WORLD: readonly NationalNumber[] = [
  {
    name: "in-aadhaar",
    heads: [4, 12],
    shape: /[2-9]\d{3}([- ]?)\d{4}\1\d{4}(?![\w]|[-. ]\d)/y,
    holds: verhoeff,
    called: /aadh?aar|\buid\b|uidai|\badhar/i,
    unmistakable: /^\d{4}[- ]\d{4}[- ]\d{4}$/,
  },
  { name: "in-pan", heads: [-5], shape: /[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z](?!\w)/y, holds: () => true },
  { name: "cn-resident", heads: [17, 18], shape: /[1-8]\d{16}[\dX](?!\w)/iy, holds: isChinese },
  {
    name: "kr-rrn",
    heads: [6],
    shape: /\d{6}-[1-8]\d{6}(?![\w]|[-.]\d)/y,
    holds: (plain) => isDay(plain.slice(2, 4), plain.slice(4, 6)),
  },
  {
    name: "jp-mynumber",
    heads: [4, 12],
    shape: /\d{4}([- ]?)\d{4}\1\d{4}(?![\w]|[-. ]\d)/y,
    holds: (plain) => {
      const rest = weighted(plain, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
      return (rest <= 1 ? 0 : 11 - rest) === Number(plain[11]);
    },
    called: /my ?number|マイナンバー|個人番号/i,
  },
  { name: "sg-nric", heads: [-1], shape: /[STFGM]\d{7}[A-Z](?!\w)/iy, holds: isSingapore },
  {
    name: "hk-id",
    heads: [-1, -2],
    shape: /[A-Z]{1,2}\d{6}\(?[\dA]\)?(?!\w)/iy,
    holds: isHongKong,
    called: /hkid|hong kong|identity/i,
    unmistakable: /\([\dA]\)$/i,
  },
  {
    name: "tw-id",
    heads: [-1],
    shape: /[A-Z][1289]\d{8}(?!\w)/y,
    holds: (plain) => {
      const first = TAIWAN[plain.charCodeAt(0) - 65] ?? 0;
      return (
        (Math.floor(first / 10) + (first % 10) * 9 + weighted(plain.slice(1), [8, 7, 6, 5, 4, 3, 2, 1, 1])) % 10 === 0
      );
    },
  },
  {
    name: "th-id",
    heads: [1, 13],
    shape: /[1-8](-?)\d{4}\1\d{5}\1\d{2}\1\d(?![\w]|[-.]\d)/y,
    holds: (plain) =>
      (11 - (weighted(plain, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 10 === Number(plain[12]),
    called: /thai|บัตรประชาชน|citizen/i,
    unmistakable: /-/,
  },
  {
    name: "tr-kimlik",
    heads: [11],
    shape: /[1-9]\d{10}(?![\w]|[-.]\d)/y,
    holds: isTurkish,
    called: /kimlik|\btckn?\b|\bt\.?c\.?/i,
  },
  {
    name: "il-id",
    heads: [8, 9],
    shape: /\d{8}-?\d(?![\w]|[-.]\d)/y,
    holds: luhn,
    called: /teudat|zehut|israeli|תעודת/i,
  },
  {
    name: "za-id",
    heads: [6, 10, 13],
    shape: /\d{6} ?\d{4} ?[01]\d{2}(?![\w]|[-.]\d)/y,
    holds: (plain) => luhn(plain) && isDay(plain.slice(2, 4), plain.slice(4, 6)),
    called: /south africa|\brsa\b|\bsa id\b|\bid\b/i,
  },
  {
    name: "au-tfn",
    heads: [3, 6, 8, 9],
    shape: /\d{3} ?\d{3} ?\d{2,3}(?![\w]|[-.]\d)/y,
    holds: (plain) => plain.length === 9 && weighted(plain, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0,
    called: /\btfn\b|tax file/i,
  },
  {
    name: "au-medicare",
    heads: [4, 9, 10],
    shape: /[2-6]\d{3} ?\d{5} ?\d(?![\w]|[-.]\d)/y,
    holds: (plain) => weighted(plain, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === Number(plain[8]),
    called: /medicare/i,
  },
  {
    name: "nz-ird",
    heads: [2, 3, 5, 6, 8, 9],
    shape: /\d{2,3}-?\d{3}-?\d{3}(?![\w]|[-.]\d)/y,
    holds: (plain) => plain.length >= 8,
    called: /\bird\b|inland revenue/i,
  },
  {
    name: "my-kad",
    heads: [6],
    shape: /\d{6}-\d{2}-\d{4}(?![\w]|[-.]\d)/y,
    holds: (plain) => isDay(plain.slice(2, 4), plain.slice(4, 6)),
  },
  {
    name: "id-nik",
    heads: [16],
    shape: /\d{16}(?![\w]|[-.]\d)/y,
    holds: (plain) => isDay(plain.slice(8, 10), String(Number(plain.slice(6, 8)) % 40)),
    called: /\bnik\b|\bktp\b/i,
  },
  { name: "pk-cnic", heads: [5], shape: /\d{5}-\d{7}-\d(?![\w]|[-.]\d)/y, holds: () => true },
  {
    name: "passport",
    heads: [-1, -2, 6, 7, 8, 9],
    shape: /[A-Z]{0,2}\d{6,9}[A-Z]?(?!\w)/iy,
    holds: () => true,
    called:
      /(?:passport|passeport|pasaporte|reisepass|passnummer)["']?[\s_-]{0,2}(?:no\b|nr\b|num|#|id\b|is\b|:|=|de\b)/i,
  },
  {
    name: "driving",
    heads: [-5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17],
    shape: /[A-Z]{0,5}\d[A-Z\d-]{4,16}(?!\w)/iy,
    holds: (plain) => /\d.*\d.*\d.*\d/.test(plain),
    called:
      /driv(?:er|ing)['’]?s?[\s_-]{0,2}(?:licen[cs]e|permit)|\bdl (?:no|number|#)|führerschein|permis de conduire/i,
  },
];
