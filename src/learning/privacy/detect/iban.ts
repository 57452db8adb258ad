import { unitAt } from "../text/unit.ts";

/** Length by country (SWIFT's IBAN registry). */
const LENGTHS = new Map(
  (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 " +
    "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 " +
    "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 " +
    "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 " +
    "YE30 DZ26 AO25 BJ28 BF28 CV25 CM27 CF27 TD27 KM27 CG27 CI28 GQ27 GA27 GW25 IR26 MG27 ML28 MA28 MZ25 NE28 SN28 " +
    "TG28"
  )
    .split(" ")
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))] as const),
);

/** Where the IBAN whose country code begins at `at` ends: right length for its country, and 1 modulo 97 (ISO 13616). */
export function ibanAt(text: string, at: number): number | undefined {
  const length = LENGTHS.get(text.slice(at, at + 2).toUpperCase());
  if (length === undefined) return undefined;
  let remainder = 0;
  let head = 0;
  let taken = 0;
  let end = at;
  for (; taken < length; end += 1) {
    const code = unitAt(text, end);
    const value = valueIn(code);
    if (value < 0) {
      const separates =
        (code === 0x20 || code === 0x2d || code === 0x2e) &&
        taken % 4 === 0 &&
        taken > 0 &&
        valueIn(unitAt(text, end + 1)) >= 0;
      if (!separates) return undefined;
      continue;
    }
    // The first four belong at the end; they are kept until then.
    if (taken < 4) head = value < 10 ? head * 10 + value : head * 100 + value;
    else remainder = (value < 10 ? remainder * 10 + value : remainder * 100 + value) % 97;
    taken += 1;
  }
  if (valueIn(unitAt(text, end)) >= 0) return undefined;
  return (remainder * 1_000_000 + head) % 97 === 1 ? end : undefined;
}

function valueIn(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = (code | 0x20) - 0x57;
  return letter >= 10 && letter <= 35 && code < 128 ? letter : -1;
}
