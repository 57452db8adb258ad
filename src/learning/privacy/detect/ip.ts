import { isIPv6 } from "node:net";
import { unitAt } from "../text/unit.ts";
import { isAsciiWordUnit, isHexDigit, isWordUnit } from "./context.ts";
import type { Detector } from "./scan.ts";

/**
 * Addresses of machines, IPv4 and IPv6. Private ranges count, since an address inside a company points to a person as
 * well as one outside, and so do the ranges kept for documentation, which nobody can tell from others by looking. What
 * says nothing of anyone does not: loopback, unspecified, broadcast, masks, and networks (`10.0.0.0/8`).
 */
export const ipv6: Detector = ({ text, landmarks, report }) => {
  let done = 0;
  for (const colon of landmarks.colons) {
    if (colon < done) continue;
    let start = colon;
    while (colon - start < 4 && isHexDigit(unitAt(text, start - 1))) start -= 1;
    const before = unitAt(text, start - 1);
    if (isAsciiWordUnit(before) || before === 0x2e || before === 0x3a) continue;
    SIX.lastIndex = colon;
    SIX.test(text);
    done = SIX.lastIndex;
    const shown = text.slice(start, done).replace(/[:.]+$/, (tail) => (tail === "::" ? tail : ""));
    const end = start + shown.length;
    const next = unitAt(text, end);
    const whole = end === done ? !isWordUnit(next) && next !== 0x3a : true;
    if (whole && tellsSomebody(shown)) report(start, end, "IP");
  }
};

const FOUR =
  /(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}(?![\w]|\.\w|-[A-Za-z0-9])/y;
const VERSION_BEFORE =
  /(?:(?:\b|new|old|file|product)(?:versions?|ver|release[ds]?|rev|build|upgraded?|bumped?|update[ds]?|rfc\d+|section|chapter|clause|figure|fig|table|oid|assembly\w*|v|app|sdk|runtime|driver|firmware)[\s"'`:=(>#-]{0,4}(?:is|to|from|at)?[\s"'`:=(]{0,3}|[=~^<>!]=?\s?|[/@_-]|§\s?|\bv)$/i;
const ADDRESS_BEFORE =
  /(?:\b|_)(?:ip|ips|ipv4|address|addr|host|hosts|server|nameserver|dns|resolver|ping|ssh|from|client|gateway|proxy|connect\w*|listen\w*|bind|remote|peer|node|visit\w*|login|logged|curl|https?|inet|cidr|subnet|source|dest\w*|src|dst)(?:\b|_)[^\n]{0,24}$|:\/\/[^\s]{0,64}$|@$/i;
const MASK_OR_NOBODY = /^(?:0\.|127\.|255\.)|^22[4-9]\.0\.0\.|\.255\.255$|\.0\.0$/;

/** Where the IPv4 address that begins at `at` ends. */
export function ipv4At(text: string, at: number): number | undefined {
  if (unitAt(text, at - 1) === 0x2e) return undefined;
  FOUR.lastIndex = at;
  if (!FOUR.test(text)) return undefined;
  const end = FOUR.lastIndex;
  const shown = text.slice(at, end);
  if (MASK_OR_NOBODY.test(shown)) return undefined;
  if (shown.endsWith(".0") && /^\/\d/.test(text.slice(end, end + 2))) return undefined;
  const near = text.slice(Math.max(0, at - 48), at);
  const before = near.slice(near.lastIndexOf("\n") + 1);
  const address = ADDRESS_BEFORE.test(before);
  if (VERSION_BEFORE.test(before) && !(address && !/(?:version|ver|release|build|\bv)\W*$/i.test(before)))
    return undefined;
  // Four single digits are a version far more often than an address.
  if (shown.length === 7 && !address) return undefined;
  return end;
}

/** The rest of an address, from its first colon. */
const SIX = /:[0-9a-f:.]{1,43}/iy;

/** An address, and not loopback or unspecified. Compressed ones must look like one: `a::b` and `1::2` are code. */
function tellsSomebody(shown: string): boolean {
  if (shown.length < 5 || !isIPv6(shown) || /^(?:0+:){7}0*1?$/.test(shown)) return false;
  const groups = shown.split(":");
  if (!shown.includes("::")) return groups.some((group) => group.length !== 2);
  // An IPv4 address at its end, as `64:ff9b::192.0.2.1`: nothing else is written so.
  if (shown.includes(".")) return true;
  if (groups[0] === "") return false;
  return (
    /\d/.test(shown) &&
    (groups[0] ?? "").length >= 3 &&
    (groups.length >= 4 || /^(?:fe80|f[cd]..|2...|3...)$/i.test(groups[0] ?? ""))
  );
}
