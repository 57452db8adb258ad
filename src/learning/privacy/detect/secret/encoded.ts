import type { Detector } from "../scan.ts";

const SHORTEST = 24;
const LONGEST = 16_384;
/** A text's worth of decoding in all, so that a text of nothing but base64 costs no more than reading it. */
const MOST_DECODED = 65_536;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$|^[A-Za-z0-9_-]+={0,2}$/;
/** What makes decoded text worth hiding. */
const TELLING =
  /pass(?:word|wd)?["']?\s*[:=]|secret["']?\s*[:=]|token["']?\s*[:=]|api_?key["']?\s*[:=]|PRIVATE KEY|"kty"|:\/\/[^\s/:@]+:[^\s@]+@|AKIA[A-Z0-9]{16}|gh[pousr]_\w{36}|[\w.+-]+@[\w-]+\.[a-z]{2,}|^[\w.@-]{2,64}:[\x21-\x7e]{4,128}$/i;

/** Base64 of something that would be hidden if it stood there in plain. */
export const encoded: Detector = ({ text, landmarks: { runs }, report }) => {
  let left = MOST_DECODED;
  for (let index = 0; index < runs.length && left > 0; index += 2) {
    let start = runs[index] ?? 0;
    const end = runs[index + 1] ?? 0;
    if (end - start < SHORTEST || end - start > LONGEST) continue;
    const equals = text.slice(start, end - 3).lastIndexOf("=");
    if (equals >= 0) start += equals + 1;
    const run = text.slice(start, end);
    if (run.length < SHORTEST || !/\d|^[^A-Z]*[A-Z][^a-z]*[a-z]|=$/.test(run) || !BASE64.test(run)) continue;
    left -= run.length;
    const plain = Buffer.from(run, "base64").toString("latin1");
    // An Atlassian token is an id, a colon and random bytes.
    if (run.length === 44 && /^\d{10,14}:/.test(plain)) report(start, end, "SECRET");
    else if (/^[\t\n\r -~]{12,}$/.test(plain) && TELLING.test(plain)) report(start, end, "SECRET");
  }
};
