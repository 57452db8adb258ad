import { entropy, randomness, shapeOf } from "../../text/randomness.ts";
import { allowanceOf, type Detector } from "../scan.ts";

const SHORTEST = 24;
/** More than a megabyte of them has room for. */
const MOST_RUNS = 41_000;
const LONGEST = 256;
/** Keys of products, and the ones that open an encrypted disk. */
const OPENS = /^(?:(?:[A-Z0-9]{5}-){4}[A-Z0-9]{5}|(?:\d{6}-){7}\d{6})$/;
/** What stands before a hash, before what is public, and within a URL. Read backwards: one unit mostly tells. */
const HASH_BEFORE =
  /(?<=sha\d{0,3}(?:[-:=_ ]{1,2}|["']?\s?(?:=>|[:=])\s?["']?)|x5t\w{0,30}["']?\s?[:=]\s?["']?|md5[-:= ]|integrity["']?[:=] ?["']?|checksum["']?[:=] ?["']?|digest["']?[:=] ?["']?|etag["']?[:=] ?["']?|h1:|base64,|nonce-|revision["']?[:=] ?["']?|commit["']?[:= ] ?["']?|resolved["']?[:= ].{0,80}|ssh-(?:rsa|ed25519|dss) |ecdsa-sha2-\S{1,40} |data:\S{0,40}|(?:public(?: key)?|pub|csrf|xsrf|authenticity|nonce|fingerprint|thumbprint|version|etag|cid|uid|guid|hash|state|challenge|srcrev)\w{0,30}["']?\s?(?:=>|[:=]) ?["'`]?|name=["']\w*token["'] value=["']|(?:\b|_)id["']?\s?[:=] ?["']?|"(?:kid|x|y|n)"\s?:\s?"|\|1\|(?:[A-Za-z0-9+/=]{28}\|)?|[/?&=#]\S{0,80})/iy;
const PUBLIC =
  /^(?:Qm[1-9A-HJ-NP-Za-km-z]{44}$|LS0tLS1CRUdJTiBDRVJU|LS0tLS1CRUdJTiBQVUJM|sha(?:1|256|384|512)-|(?:acct|ch|cus|dpl|evt|pi|pm|price|prj|prod|req|seti|si|sub|team|txn)_|AAAAB3NzaC1|AAAAC3NzaC1|AAAAE2VjZHNh|MII[BCD]|iVBORw0KGgo|R0lGOD|\/9j\/|UEsDB|JVBERi0|H4sI|PHN2Zy|data|d09G|T1RU|AAEAA|UklGR|PD94bWw|77u\/)/;

/**
 * Long strings that only a machine can have made, with no name beside them. Of these only what mixes upper case, lower
 * case and digits counts: hexadecimal digits are hashes far more often, and words joined together have no digits.
 */
export const highEntropy: Detector = (scan) => {
  const { text, report } = scan;
  const { runs } = scan.landmarks;
  const mayJudge = allowanceOf(scan, MOST_RUNS);
  for (let index = 0; index < runs.length; index += 2) {
    let start = runs[index] ?? 0;
    let end = runs[index + 1] ?? 0;
    if (end - start < SHORTEST || end - start > LONGEST * 2) continue;
    // `NAME=value`: only the value; a query or a path is not looked at by this rule.
    const equals = text.slice(start, end - 3).lastIndexOf("=");
    if (equals >= 0) start += equals + 1;
    while (end > start && text.charAt(end - 1) === ".") end -= 1;
    const run = text.slice(start, end);
    if (run.length < SHORTEST || run.length > LONGEST) continue;
    if (!mayJudge(start)) return;
    if (OPENS.test(run) && /\d/.test(run)) {
      report(start, end, "SECRET");
      continue;
    }
    if (!looksKey(run)) continue;
    if (isLineOfBlob(text, start, end)) continue;
    if (/\w|[/.:@?&#-]/.test(text.charAt(start - 1)) && equals < 0) continue;
    HASH_BEFORE.lastIndex = start;
    if (!PUBLIC.test(run) && !HASH_BEFORE.test(text)) report(start, end, "SECRET");
  }
};

/** A line among lines of base64: a certificate, a picture, an armoured public key. Private keys are found by their heads. */
function isLineOfBlob(text: string, start: number, end: number): boolean {
  const before = text.slice(Math.max(0, start - 96), start);
  const after = text.slice(end, end + 96);
  return (
    (/^[ \t"'+]{0,24}$/.test(before.slice(before.lastIndexOf("\n") + 1)) &&
      /[A-Za-z0-9+/=]{48}["'\s+\\,]{0,12}\n[ \t"'+]{0,24}$/.test(before)) ||
    (after.includes("\n") && /^["'\s+\\,]{0,12}\n[ \t"'+]{0,24}[A-Za-z0-9+/=]{48}/.test(after))
  );
}

function looksKey(run: string): boolean {
  const { digits, lower, upper, others } = shapeOf(run);
  if (digits < 2 || lower < 3 || upper < 3 || others > (run.length >= 64 ? 12 : 4)) return false;
  // Paths, names of files and dotted names have short parts.
  const longest = Math.max(...run.split(/[/.\-_+~]/).map((part) => part.length));
  if (longest < 16 && !/^[A-Za-z0-9+/]{40}={0,2}$/.test(run)) return false;
  if (/\.\w{1,5}$/.test(run)) return false;
  return entropy(run) >= (run.length >= 40 ? 4.3 : 3.9) && randomness(run) >= 0.72;
}
