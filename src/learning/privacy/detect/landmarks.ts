/**
 * Where in a text there can be anything at all, found in one pass over its units: detectors look only there, which is
 * what makes them fast on text that holds nothing.
 */
export interface Landmarks {
  /** Of every @ that no other stands beside: in a row of them there is no address. */
  readonly ats: readonly number[];
  /** Start and end, in turn, of unbroken runs of letters, digits and _ - . + / = that are long enough for a token. */
  readonly runs: readonly number[];
  /** Of every "://". */
  readonly urls: readonly number[];
}

/** Shorter than this is no token. */
const SHORTEST_RUN = 15;

/** Whether a unit may stand in a token. */
const RUN = new Uint8Array(128);
for (const unit of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.+/=~") RUN[unit.charCodeAt(0)] = 1;

export function landmarksOf(text: string): Landmarks {
  const ats: number[] = [];
  const runs: number[] = [];
  const urls: number[] = [];
  let runStart = -1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 128 || RUN[code] === 0) {
      if (runStart >= 0 && at - runStart >= SHORTEST_RUN) runs.push(runStart, at);
      runStart = -1;
      if (code === 0x40) {
        if (text.charCodeAt(at + 1) !== 0x40 && text.charCodeAt(at - 1) !== 0x40) ats.push(at);
      } else if (code === 0x3a && text.charCodeAt(at + 1) === 0x2f && text.charCodeAt(at + 2) === 0x2f) urls.push(at);
      continue;
    }
    if (runStart < 0) runStart = at;
  }
  if (runStart >= 0 && text.length - runStart >= SHORTEST_RUN) runs.push(runStart, text.length);
  return { ats, runs, urls };
}
