import { luhn } from "../card.ts";
import { ean13, isDay, mod11, mod11_10, weighted } from "./checksums.ts";
import type { NationalNumber } from "./kinds.ts";

const DNI = "TRWAGMYFPDXBNJZSQVHLCKE";
/** Decreto Ministeriale 23/12/1976: values at odd places, of digits and letters alike. */
const CODICE_ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

function isCodiceFiscale(plain: string): boolean {
  let sum = 0;
  for (let index = 0; index < 15; index += 1) {
    const unit = plain[index] ?? "";
    const value = /\d/.test(unit) ? Number(unit) : unit.charCodeAt(0) - 65;
    sum += index % 2 === 0 ? (CODICE_ODD[value] ?? 0) : value;
  }
  return String.fromCharCode(65 + (sum % 26)) === plain[15];
}

/** INSEE: 97 less the number modulo 97; Corsica's departments count as 19 and 18. */
function isNir(plain: string): boolean {
  const body = plain.slice(0, 13).replace("2A", "19").replace("2B", "18");
  const month = Number(plain.slice(3, 5));
  return (
    (month <= 12 || (month >= 20 && month <= 42) || month >= 50) &&
    month > 0 &&
    97 - Number(BigInt(body) % 97n) === Number(plain.slice(13))
  );
}

function isRijksregister(plain: string): boolean {
  const body = plain.slice(0, 9);
  const check = Number(plain.slice(9));
  return 97 - (Number(body) % 97) === check || 97 - (Number(`2${body}`) % 97) === check;
}

/** Sum modulo 11 with one or two rows of weights: a remainder of ten goes to the second row, then counts as none. */
function baltic(plain: string): boolean {
  const first = weighted(plain, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
  const check = first < 10 ? first : (weighted(plain, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11) % 10;
  return check === Number(plain[10]) && isDay(plain.slice(3, 5), plain.slice(5, 7));
}

const HETU = "0123456789ABCDEFHJKLMNPRSTUVWXY";
const isNino = /^(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]?$/;

/** Polish months carry the century: 80, 0, 20, 40 or 60 is added. */
const centuryDay = (plain: string) => isDay(String(Number(plain.slice(2, 4)) % 20), plain.slice(4, 6));

export const EUROPE: readonly NationalNumber[] = [
  {
    name: "gb-nino",
    heads: [-2],
    shape: /[A-Z]{2}[ -]?\d{2}[ -]?\d{2}[ -]?\d{2}[ -]?[A-D](?![\w])/iy,
    holds: (plain) => isNino.test(plain),
    called: /nino\b|national insurance|\bni\b|\bnin\b|insurance/i,
    unmistakable: /^[A-Z]{2}[ -]?\d{2}[ -]?\d{2}[ -]?\d{2}[ -]?[A-D]$/,
  },
  {
    name: "gb-nhs",
    heads: [3, 10],
    shape: /\d{3}([- ]?)\d{3}\1\d{4}(?![\w]|[-.]\d)/y,
    holds: (plain) => mod11(plain, [10, 9, 8, 7, 6, 5, 4, 3, 2]),
    called: /\bnhs\b|health (?:service|number)|patient/i,
  },
  {
    name: "es-dni",
    heads: [8],
    shape: /\d{8}[- ]?[A-Z](?!\w)/iy,
    holds: (plain) => DNI[Number(plain.slice(0, 8)) % 23] === plain[8],
    called: /\bdni\b|\bnif\b/i,
    unmistakable: /[A-Z]$/,
  },
  {
    name: "es-nie",
    heads: [-1],
    shape: /[XYZ][- ]?\d{7}[- ]?[A-Z](?!\w)/iy,
    holds: (plain) => DNI[Number(`${"XYZ".indexOf(plain.charAt(0))}${plain.slice(1, 8)}`) % 23] === plain[8],
  },
  {
    name: "it-cf",
    heads: [-6],
    shape: /[A-Z]{6}[\dL-NP-V]{2}[A-EHLMPR-T][\dL-NP-V]{2}[A-Z][\dL-NP-V]{3}[A-Z](?!\w)/iy,
    holds: isCodiceFiscale,
  },
  {
    name: "fr-nir",
    heads: [1, 3, 5, 7, 10, 13, 15],
    shape: /[12478] ?\d{2} ?\d{2} ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}(?![\w]|[-.]\d)/iy,
    holds: isNir,
  },
  {
    name: "de-steuer",
    heads: [2, 5, 8, 11],
    shape: /[1-9]\d ?\d{3} ?\d{3} ?\d{3}(?![\w]|[-.]\d)/y,
    holds: mod11_10,
    called: /steuer|\bidnr|\btin\b|tax|identifikationsnummer/i,
    unmistakable: /^\d{2} \d{3} \d{3} \d{3}$/,
  },
  {
    name: "de-versicherung",
    heads: [2, 8],
    shape: /\d{2} ?\d{6} ?[A-Z] ?\d{3}(?!\w)/iy,
    holds: (plain) => isDay(plain.slice(4, 6), plain.slice(2, 4)) && isVersicherung(plain),
  },
  {
    name: "de-ausweis",
    heads: [-1, -2, -3, -4, -5, -6, -7, -8],
    shape: /[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ\d]{8}\d?(?!\w)/iy,
    holds: (plain) => /\d/.test(plain),
    called: /ausweis|reisepass|passport/i,
  },
  {
    name: "at-svnr",
    heads: [4, 10],
    shape: /[1-9]\d{3}[ -]?\d{6}(?![\w]|[-.]\d)/y,
    holds: (plain) => weighted(plain, [3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11 === Number(plain[3]),
    called: /sozialversicherung|\bsvnr|\bsv-?n/i,
  },
  { name: "ch-ahv", heads: [3, 7, 11, 13], shape: /756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}(?![\w]|[-.]\d)/y, holds: ean13 },
  {
    name: "nl-bsn",
    heads: [3, 4, 9],
    shape: /\d{3}([. -]?)\d{3}\1\d{3}(?![\w]|[-.]\d)|\d{4}\.\d{2}\.\d{3}(?!\w)/y,
    holds: (plain) => weighted(plain, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0,
    called: /\bbsn\b|burgerservice|sofi|\bbsn_|_bsn/i,
  },
  {
    name: "be-rn",
    heads: [2, 4, 6, 9, 11],
    shape: /\d{2}[. ]?\d{2}[. ]?\d{2}[- ]?\d{3}[. ]?\d{2}(?![\w]|[-.]\d)/y,
    holds: isRijksregister,
    called: /rijksregister|registre|\bniss\b|\binsz\b|\brrn\b/i,
    unmistakable: /^\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}$/,
  },
  {
    name: "pl-pesel",
    heads: [11],
    shape: /\d{11}(?![\w]|[-.]\d)/y,
    holds: (plain) => weighted(plain, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0 && centuryDay(plain),
    called: /pesel/i,
  },
  {
    name: "cz-rc",
    heads: [6, 10],
    shape: /\d{6}\/?\d{4}(?![\w]|[-.]\d)/y,
    holds: (plain) =>
      Number(plain) % 11 === 0 && isDay(String((Number(plain.slice(2, 4)) % 50) % 20), plain.slice(4, 6)),
    called: /rodn[eé]|\brč\b/i,
    unmistakable: /\//,
  },
  {
    name: "se-personnummer",
    heads: [6, 8, 10, 12],
    shape: /(?:19|20)?\d{6}[-+]?\d{4}(?![\w]|[-.]\d)/y,
    holds: (plain) => luhn(plain.slice(-10)) && isDay(plain.slice(-8, -6), String(Number(plain.slice(-6, -4)) % 60)),
    called: /person ?nummer|samordning|personal/i,
    unmistakable: /^(?:19|20)?\d{6}[-+]\d{4}$/,
  },
  {
    name: "fi-hetu",
    heads: [6],
    shape: /\d{6}[-+ABCDEFUVWXY]\d{3}[\dA-FHJ-NPR-Y](?!\w)/iy,
    holds: (plain) =>
      HETU[Number(plain.slice(0, 6) + plain.slice(-4, -1)) % 31] === plain.at(-1) &&
      isDay(plain.slice(2, 4), plain.slice(0, 2)),
  },
  {
    name: "dk-cpr",
    heads: [6, 10],
    shape: /\d{6}[- ]?\d{4}(?![\w]|[-.]\d)/y,
    holds: (plain) => isDay(plain.slice(2, 4), plain.slice(0, 2)),
    called: /\bcpr\b|personnummer/i,
  },
  {
    name: "no-fnr",
    heads: [6, 11],
    shape: /\d{6} ?\d{5}(?![\w]|[-.]\d)/y,
    holds: (plain) =>
      mod11(plain, [3, 7, 6, 1, 8, 9, 4, 5, 2]) &&
      mod11(plain, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) &&
      isDay(plain.slice(2, 4), String(Number(plain.slice(0, 2)) % 40)),
    called: /f[øo]dsel|fnr|personnummer/i,
    unmistakable: /./,
  },
  {
    name: "pt-nif",
    heads: [3, 6, 9],
    shape: /[1-3]\d{2} ?\d{3} ?\d{3}(?![\w]|[-.]\d)/y,
    holds: (plain) => ((11 - (weighted(plain, [9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11) % 10 === Number(plain[8]),
    called: /\bnif\b|contribuinte/i,
  },
  {
    name: "ie-pps",
    heads: [7],
    shape: /\d{7}[A-W][A-IW]?(?!\w)/iy,
    holds: (plain) =>
      "WABCDEFGHIJKLMNOPQRSTUV"[
        (weighted(plain, [8, 7, 6, 5, 4, 3, 2]) + 9 * Math.max(0, "WABCDEFGHI".indexOf(plain[8] ?? "W"))) % 23
      ] === plain[7],
    called: /\bpps/i,
  },
  {
    name: "gr-afm",
    heads: [9],
    shape: /\d{9}(?![\w]|[-.]\d)/y,
    holds: (plain) => (weighted(plain, [256, 128, 64, 32, 16, 8, 4, 2]) % 11) % 10 === Number(plain[8]),
    called: /\bafm\b|αφμ/i,
  },
  {
    name: "ro-cnp",
    heads: [13],
    shape: /[1-8]\d{12}(?![\w]|[-.]\d)/y,
    holds: (plain) =>
      (weighted(plain, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11) % 10 === Number(plain[12]) &&
      isDay(plain.slice(3, 5), plain.slice(5, 7)),
    called: /\bcnp\b|cod numeric/i,
  },
  {
    name: "bg-egn",
    heads: [10],
    shape: /\d{10}(?![\w]|[-.]\d)/y,
    holds: (plain) => (weighted(plain, [2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11) % 10 === Number(plain[9]),
    called: /\begn\b|егн/i,
  },
  { name: "hr-oib", heads: [11], shape: /\d{11}(?![\w]|[-.]\d)/y, holds: mod11_10, called: /\boib\b/i },
  {
    name: "baltic",
    heads: [11],
    shape: /[1-6]\d{10}(?![\w]|[-.]\d)/y,
    holds: baltic,
    called: /isikukood|asmens kod|personal code/i,
  },
  {
    name: "lv-pk",
    heads: [6],
    shape: /\d{6}-\d{5}(?![\w]|[-.]\d)/y,
    holds: (plain) => isDay(plain.slice(2, 4), plain.slice(0, 2)),
    called: /personas kod/i,
  },
  {
    name: "hu-taj",
    heads: [3, 9],
    shape: /\d{3}([- ]?)\d{3}\1\d{3}(?![\w]|[-.]\d)/y,
    holds: (plain) => weighted(plain, [3, 7, 3, 7, 3, 7, 3, 7]) % 10 === Number(plain[8]),
    called: /\btaj\b/i,
  },
  {
    name: "ru-snils",
    heads: [3],
    shape: /\d{3}-\d{3}-\d{3}[- ]\d{2}(?![\w]|[-.]\d)/y,
    holds: (plain) => (weighted(plain, [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101) % 100 === Number(plain.slice(9)),
  },
  {
    name: "ru-inn",
    heads: [12],
    shape: /\d{12}(?![\w]|[-.]\d)/y,
    holds: (plain) =>
      (weighted(plain, [7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11) % 10 === Number(plain[10]) &&
      (weighted(plain, [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11) % 10 === Number(plain[11]),
    called: /\binn\b|инн/i,
  },
];

/** Deutsche Rentenversicherung: the letter counts as its place in the alphabet, products are summed digit by digit. */
function isVersicherung(plain: string): boolean {
  const digits = plain.slice(0, 8) + String(plain.charCodeAt(8) - 64).padStart(2, "0") + plain.slice(9, 11);
  let sum = 0;
  for (const [index, weight] of [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1].entries()) {
    const product = Number(digits[index]) * weight;
    sum += Math.floor(product / 10) + (product % 10);
  }
  return sum % 10 === Number(plain[11]);
}
