import { isPercentEncoded } from "../../text/view.ts";
import type { Detector, Scan } from "../scan.ts";
import { isMachineMade, OURS } from "./values.ts";

const LONGEST_AUTHORITY = 1024;
const PLACEHOLDER =
  /^(?:<.*|\$.*|\{.*|%[sv({].*|\*+|x{3,}|\.{3}|(?:your|my)[-_]?(?:pass\w*|token|secret)|#\{.*|\[.*|:.*)$|^\w*\$\{|\{\{/i;

const DOCUMENTED =
  /^(?:user(?:name)?|login|me):(?:pass(?:word|wd)?|pwd?|secret)@(?:\[?host(?:name)?|server|domain|your)/i;

/** `scheme://user:password@host`: the password, and a token that stands for a user. */
export const urls: Detector = (scan) => {
  const { text, landmarks, report } = scan;
  if (!text.includes("@")) return;
  for (const mark of ["@tcp(", "@unix("])
    for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) {
      const password = /(?:^|[\s"'=`])[\w.-]{1,64}:([^\s"'`]{1,128})$/.exec(text.slice(Math.max(0, at - 200), at))?.[1];
      if (password !== undefined && !OURS.test(password) && !PLACEHOLDER.test(password))
        report(at - password.length, at, "SECRET");
    }
  for (const colon of landmarks.urls) {
    const from = colon + 3;
    const [at, end] = authority(scan, from);
    if (at < 0) continue;
    const userEnd = text.indexOf(":", from);
    if (userEnd >= from && userEnd < at) {
      const password = text.slice(userEnd + 1, at);
      // `user:password@host` in documentation, down to the host.
      const shown = text.slice(from, Math.min(end, at + 16));
      if (DOCUMENTED.test(shown)) continue;
      if (
        password.length > 0 &&
        !OURS.test(password) &&
        (isPercentEncoded(scan.raw, scan.view, userEnd + 1) || !PLACEHOLDER.test(password))
      )
        report(userEnd + 1, at, "SECRET");
    } else if (end > at + 1 && at - from >= 16 && isMachineMade(text.slice(from, at), 0.4, 16))
      report(from, at, "SECRET");
  }
};

/** The last @ before the authority ends, and that end; passwords may hold / and @, which have no place in them. */
function authority(scan: Scan, from: number): [at: number, end: number] {
  const { text } = scan;
  let at = -1;
  let end = from;
  const last = Math.min(text.length, from + LONGEST_AUTHORITY);
  for (; end < last; end += 1) {
    const code = text.charCodeAt(end);
    if ((code < 0x41 || code === 0x60) && isPercentEncoded(scan.raw, scan.view, end)) continue;
    if (code === 0x40) at = end;
    else if (code <= 0x20 || code === 0x22 || code === 0x27 || code === 0x60 || code === 0x3e || code === 0x2c) break;
    else if ((code === 0x2f || code === 0x3f || code === 0x23) && (at >= 0 || !passwordGoesOn(text, from, end, last)))
      break;
  }
  return [at, end];
}

/** A slash within `user:pass/word@host`: an @ follows before any space, and no dot of a host stands before it. */
function passwordGoesOn(text: string, from: number, slash: number, last: number): boolean {
  const head = text.slice(from, slash);
  if (!/^[^:@/.\s]{1,64}:[^@\s]*$/.test(head) || /^[^:]*:\d{1,5}$/.test(head)) return false;
  const rest = /^[^\s"'`<>@,]{0,80}@[\w-]/.exec(text.slice(slash, Math.min(last, slash + 84)));
  return rest !== null;
}
