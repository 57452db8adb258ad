import { isWordUnit } from "./context.ts";
import { allowanceOf, type Detector, type Scan } from "./scan.ts";

const MOST_LOCAL = 64;
/** Labels and a top-level domain; by letters of any script, for addresses are. */
const DOMAIN =
  /(?:[\p{L}\p{N}](?:[\p{L}\p{N}_-]{0,61}[\p{L}\p{N}])?\.){1,8}(?:xn--[a-z0-9-]{2,59}|\p{L}{2,24})(?![\p{L}\p{N}_])/uy;
/** Ends of file names: `icon@2x.png` is no address. None of them is a top-level domain. */
const FILES =
  /\.(?:png|jpe?g|gif|svg|webp|ico|bmp|js|jsx|ts|tsx|mjs|cjs|css|scss|less|json|html?|xml|ya?ml|txt|pdf|csv|sql|vue|svelte|toml|lock|map|exe|dll|gz|tar|tgz|wasm|min|local_)$/i;
/** `git@host:group/repository` names a server. */
const REPOSITORY = /^(?:git|hg|svn|org-\d+)$/i;

/** `chacha20-poly1305@openssh.com` is what a cipher is called (RFC 4251, 6). */
const ALGORITHM = /^(?=.*\d)[a-z\d]+(?:-[a-z\d]+)+$/;
const SSH = /^(?:openssh\.com|libssh\.org|lysator\.liu\.se)$/;

/** RFC 5321 addresses as people write them; unquoted, with a top-level domain. */
export const emails: Detector = (scan) => {
  const mayJudge = allowanceOf(scan);
  for (const at of scan.landmarks.ats) if (!emailAt(scan, at, mayJudge)) return;
  obfuscated(scan, mayJudge);
};

/** Answers whether to go on. */
function emailAt(scan: Scan, at: number, mayJudge: (at: number) => boolean): boolean {
  const { text } = scan;
  let start = at;
  while (start > 0 && at - start < MOST_LOCAL && isLocal(text.charCodeAt(start - 1))) start -= 1;
  while (start < at && isEdge(text.charCodeAt(start))) start += 1;
  if (start === at || text.charCodeAt(at - 1) === 0x2e) return true;
  if (!mayJudge(start)) return false;
  DOMAIN.lastIndex = at + 1;
  if (!DOMAIN.test(text)) return true;
  const end = DOMAIN.lastIndex;
  if (FILES.test(text.slice(at + 1, end))) return true;
  const local = text.slice(start, at);
  if (text.charCodeAt(end) === 0x3a && REPOSITORY.test(local)) return true;
  if (ALGORITHM.test(local) && SSH.test(text.slice(at + 1, end))) return true;
  // In a URL's authority it is the end of a user name or of a password, which is another detector's.
  if (/:\/\/[^\s/"'<>,;?=&]*$/.test(text.slice(Math.max(0, start - 80), start))) return true;
  scan.report(start, end, "EMAIL");
  return true;
}

/** `jane.doe [at] example [dot] org` */
const AT_WORD = /[[({] ?at ?[\])}] ?/gi;
const LOCAL_BEFORE = /[\p{L}\p{N}._+-]{1,64} ?$/u;
const WORDY_DOMAIN = /[\p{L}\p{N}-]{1,63}(?: ?(?:\.|[[({] ?dot ?[\])}]) ?[\p{L}\p{N}-]{2,63}){1,4}/iuy;

function obfuscated(scan: Scan, mayJudge: (at: number) => boolean): void {
  if (!/[[({] ?(?:at|AT) ?[\])}]/.test(scan.text)) return;
  for (const { 0: word, index } of scan.text.matchAll(AT_WORD)) {
    if (!mayJudge(index)) return;
    const local = LOCAL_BEFORE.exec(scan.text.slice(Math.max(0, index - 66), index));
    WORDY_DOMAIN.lastIndex = index + word.length;
    if (local !== null && WORDY_DOMAIN.test(scan.text)) {
      scan.report(index - local[0].length, WORDY_DOMAIN.lastIndex, "EMAIL");
    }
  }
}

function isLocal(code: number): boolean {
  // . ! # % & ' * + - of what RFC 5322 allows; the rest is syntax far more often than a part of an address.
  return (
    isWordUnit(code) ||
    code === 0x2e ||
    code === 0x2d ||
    code === 0x2b ||
    code === 0x27 ||
    code === 0x25 ||
    code >= 0x370
  );
}

/** What an address does not begin with, though it may contain it. */
function isEdge(code: number): boolean {
  return code === 0x2e || code === 0x27 || code === 0x25 || code === 0x2d || code === 0x2b;
}
