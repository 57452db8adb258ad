/** What is left out: invisible characters that would split a value in two for us and for nobody who reads it. */
export const DROPPED = -1;

/** First digit of the scripts whose digits people type numbers in. */
const ZEROS = [
  0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0e50, 0x0ed0,
  0x0f20, 0x1040, 0x17e0, 0x1810,
];

/**
 * What a character above ASCII looks like to a reader, where that is ASCII: full width forms, other scripts' digits,
 * spaces, dashes, quotes. Letters of other scripts stay: they are letters of somebody's name.
 */
export function fold(code: number): number {
  if (code >= 0xff01 && code <= 0xff5e) return code - 0xfee0;
  if (code >= 0x2000 && code <= 0x206f) return foldPunctuation(code);
  if (code === 0xa0 || code === 0x3000) return 0x20;
  if (code === 0xad || code === 0xfeff || code === 0x061c || code === 0x180e || code === 0x34f) return DROPPED;
  if (code >= 0xfe00 && code <= 0xfe0f) return DROPPED;
  if (code === 0x2212 || code === 0xfe58 || code === 0xfe63) return 0x2d;
  if (code === 0xfe6b) return 0x40;
  if (code === 0x3002 || code === 0xff61 || code === 0xfe52) return 0x2e;
  if (code >= 0x0660 && code <= 0x1819) {
    for (const zero of ZEROS) if (code >= zero && code < zero + 10) return 0x30 + code - zero;
  }
  return code;
}

function foldPunctuation(code: number): number {
  if (code <= 0x200a || code === 0x202f || code === 0x205f) return 0x20;
  if (code <= 0x200f || (code >= 0x202a && code <= 0x202e) || code >= 0x2060) return DROPPED;
  if (code <= 0x2015) return 0x2d;
  if (code >= 0x2018 && code <= 0x201b) return 0x27;
  if (code >= 0x201c && code <= 0x201f) return 0x22;
  if (code === 0x2024) return 0x2e;
  if (code === 0x2028 || code === 0x2029) return 0x0a;
  return code;
}

/** Mathematical letters and digits, which lie above the basic plane. */
export function foldAstral(code: number): number {
  if (code >= 0x1d7ce && code <= 0x1d7ff) return 0x30 + ((code - 0x1d7ce) % 10);
  if (code >= 0x1d400 && code <= 0x1d6a3) {
    const letter = (code - 0x1d400) % 52;
    return letter < 26 ? 0x41 + letter : 0x61 + letter - 26;
  }
  return code;
}
