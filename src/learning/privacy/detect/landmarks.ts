/**
 * Where in a text there can be anything at all, found in one pass over its units: detectors look only there, which is
 * what makes them fast on text that holds nothing.
 */
export interface Landmarks {
  /** Of every @. */
  readonly ats: readonly number[];
  /** Start and end, in turn, of unbroken runs of letters, digits and _ - . + / = that are long enough for a token. */
  readonly runs: readonly number[];
  /** Start and end, in turn, of runs of digits. */
  readonly numbers: readonly number[];
  /** Of every "://". */
  readonly urls: readonly number[];
}

/** Shorter than this is no token. */
const SHORTEST_RUN = 15;

const RUN = 1;
const DIGIT = 2;
const KIND = new Uint8Array(128);
for (const unit of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-.+/=~") KIND[unit.charCodeAt(0)] = RUN;
for (const unit of "0123456789") KIND[unit.charCodeAt(0)] = RUN | DIGIT;

export function landmarksOf(text: string): Landmarks {
  const ats: number[] = [];
  const runs: number[] = [];
  const numbers: number[] = [];
  const urls: number[] = [];
  let runStart = -1;
  let inNumber = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const kind = code < 128 ? (KIND[code] ?? 0) : 0;
    const isDigit = kind > RUN;
    if (isDigit !== inNumber) numbers.push(at);
    inNumber = isDigit;
    if (kind === 0) {
      if (runStart >= 0 && at - runStart >= SHORTEST_RUN) runs.push(runStart, at);
      runStart = -1;
      if (code === 0x40) ats.push(at);
      else if (code === 0x3a && text.charCodeAt(at + 1) === 0x2f && text.charCodeAt(at + 2) === 0x2f) urls.push(at);
      continue;
    }
    if (runStart < 0) runStart = at;
  }
  if (inNumber) numbers.push(text.length);
  if (runStart >= 0 && text.length - runStart >= SHORTEST_RUN) runs.push(runStart, text.length);
  return { ats, runs, numbers, urls };
}
