import { luhn } from "../card.ts";
import { isDay, mod11, weighted } from "./checksums.ts";
import type { NationalNumber } from "./kinds.ts";

const SSN =
  /\bssn\b|_ssn|ssn_|\bssn|social[\s_-]?sec|\bss#|\bitin\b|\btin\b|tax[\s_-]?id|taxpayer|\bsocial\b|last four/i;

/** Social Security Administration: no area 000, 666 or 9xx, no group 00, no serial 0000; 9xx with some groups is an ITIN. */
export function isSocialSecurity(plain: string): boolean {
  const area = Number(plain.slice(0, 3));
  const group = Number(plain.slice(3, 5));
  if (area === 0 || area === 666 || group === 0 || plain.endsWith("0000")) return false;
  if (area < 900) return true;
  return (group >= 50 && group <= 65) || (group >= 70 && group <= 88) || (group >= 90 && group <= 92) || group >= 94;
}

/** Two check digits, each over all before it; not one digit repeated. */
function isCpf(plain: string): boolean {
  if (/^(\d)\1+$/.test(plain)) return false;
  const check = (length: number) => {
    let sum = 0;
    for (let index = 0; index < length; index += 1) sum += Number(plain[index]) * (length + 1 - index);
    return ((sum * 10) % 11) % 10 === Number(plain[length]);
  };
  return check(9) && check(10);
}

function isRut(plain: string): boolean {
  const body = plain.slice(0, -1);
  let sum = 0;
  for (let index = 0; index < body.length; index += 1) sum += Number(body[body.length - 1 - index]) * (2 + (index % 6));
  const check = 11 - (sum % 11);
  return (check === 11 ? "0" : check === 10 ? "K" : String(check)) === plain.at(-1);
}

export const AMERICAS: readonly NationalNumber[] = [
  {
    name: "us-ssn",
    heads: [3, 9],
    shape: /\d{3}([- .]?)\d{2}\1\d{4}(?![\w]|[-.]\d)/y,
    holds: isSocialSecurity,
    called: SSN,
    unmistakable: /^\d{3}(?:-\d{2}-| \d{2} )\d{4}$/,
  },
  {
    name: "ca-sin",
    heads: [3, 9],
    shape: /\d{3}([- ]?)\d{3}\1\d{3}(?![\w]|[-.]\d)/y,
    holds: luhn,
    called: /\bsin\b|social insurance|assurance sociale|\bnas\b|_sin\b|\bsin_/i,
  },
  {
    name: "br-cpf",
    heads: [3, 6, 9, 11],
    shape: /\d{3}\.?\d{3}\.?\d{3}-?\d{2}(?![\w]|[-.]\d)/y,
    holds: isCpf,
    called: /cpf|cadastro/i,
    unmistakable: /^\d{3}\.\d{3}\.\d{3}-\d{2}$/,
  },
  {
    name: "mx-curp",
    heads: [-4],
    shape: /[A-Z][AEIOUX][A-Z]{2}\d{6}[HMX][A-Z]{2}[B-DF-HJ-NP-TV-Z]{3}[A-Z\d]\d(?!\w)/iy,
    holds: (plain) => isDay(plain.slice(6, 8), plain.slice(8, 10)),
  },
  {
    name: "ar-cuit",
    heads: [2, 11],
    shape: /(?:2[0347]|3[034])([- ]?)\d{8}\1\d(?![\w]|[-.]\d)/y,
    holds: (plain) => mod11(plain, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]),
    called: /cuit|cuil/i,
    unmistakable: /-\d{8}-/,
  },
  {
    name: "ar-dni",
    heads: [2, 5, 8],
    shape: /\d{2}\.?\d{3}\.?\d{3}(?![\w]|[-.]\d|[- ]?[A-Za-z](?!\w))/y,
    holds: () => true,
    called: /\bdni\b/i,
  },
  {
    name: "cl-rut",
    heads: [1, 2, 4, 5, 7, 8],
    shape: /\d{1,2}\.?\d{3}\.?\d{3}-[\dkK](?!\w)/y,
    holds: isRut,
    called: /\brut\b|\brun\b/i,
    unmistakable: /\./,
  },
  {
    name: "co-cedula",
    heads: [1, 2, 3, 6, 7, 8, 9, 10, 11, 12],
    shape: /\d{1,3}(?:\.?\d{3}){2,3}(?![\w]|[-.]\d)/y,
    holds: (plain) => plain.length >= 6,
    called: /c[eé]dula|\bc\.?c\.? ?(?:no|n[uú]m)/i,
  },
  {
    name: "ec-cedula",
    heads: [9, 10],
    shape: /[0-2]\d{8}-?\d(?!\w)/y,
    holds: (plain) => luhnLeft(plain),
    called: /c[eé]dula/i,
  },
];

/** Luhn with the doubling begun from the left. */
function luhnLeft(plain: string): boolean {
  const sum = [...plain.slice(0, 9)].reduce((total, digit, index) => {
    const value = index % 2 === 0 ? 2 * Number(digit) : Number(digit);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return (10 - (sum % 10)) % 10 === Number(plain[9]) && weighted(plain, [1]) <= 2;
}
