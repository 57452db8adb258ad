import type { Detector } from "../scan.ts";
import { isPasswordLike, isSecret, OURS } from "./values.ts";

interface Command {
  /** Looked for first. */
  readonly word: RegExp;
  /** Group `v` is the secret. */
  readonly whole: RegExp;
  /** Whether any word will do, since nothing but a secret stands there. */
  readonly certain: boolean;
}

const Q = `["']?`;
const V = String.raw`(?<v>[^\s"'\`<>;|&]{2,200})`;
/** Options before the one that matters; bounded, so that no line is read twice over. */
const OPTIONS = String.raw`(?:[ \t]+(?!-{1,2}\w*p)[^\s|;&]{1,80}){0,12}?`;
const command = (word: RegExp, whole: string, certain = true, flags = "g"): Command => ({
  word,
  whole: new RegExp(whole, flags),
  certain,
});

const COMMANDS: readonly Command[] = [
  command(/"kty"/, String.raw`"(?:d|k|p|q|dp|dq|qi)"\s{0,4}:\s{0,4}"(?<v>[\w-]{16,2048})"`),
  command(
    /BUNDLE_/,
    String.raw`\bBUNDLE_\w{1,80}__\w{1,80}["']?[ \t]{0,4}[:=][ \t]{0,4}["']?(?<v>[^\s"';:]{1,100}:[^\s"';&]{1,100})`,
  ),
  command(
    /curl|wget|http/,
    String.raw`(?<=[\s"'(,\[])(?:-u|--user|--proxy-user|-U)(?:["'], ?|[ =]{0,3})${Q}[^\s:"'$<>]{0,80}${Q}:["']?${V}`,
  ),
  command(
    /mysql|mariadb|sshpass|mycli/,
    String.raw`\b(?:mysql\w*|mariadb\w*|sshpass|mycli)${OPTIONS}[ \t]+-p[ \t]?${Q}${V}`,
  ),
  command(
    /docker|podman|helm|az |oc |skopeo|plink|sqlcmd|ldap|redis-cli|7z|zip|unrar|smbclient|expect/,
    String.raw`\b(?:(?:docker|podman|helm registry|az|oc|skopeo) login|plink|sqlcmd|ldap\w+|7z \w|zip|unrar \w)${OPTIONS}[ \t]+-(?:p|pw|P|w)[ \t]?${Q}${V}`,
    false,
  ),
  command(/redis-cli/, String.raw`\bredis-cli${OPTIONS}[ \t]+-a[ \t]+${Q}${V}`),
  command(/smbclient|rpcclient|mount\.cifs|crackmapexec/, String.raw`-U[ \t]+${Q}[^\s%"']{1,80}%${V}`),
  command(/pass:/, String.raw`(?:-pass(?:in|out)?[ \t]+|["' ])${Q}pass:${V}`),
  command(
    /identified/i,
    String.raw`identified[ \t]+(?:with[ \t]+[\w'"]{1,40}[ \t]+)?(?:by|as)[ \t]+(?:password[ \t]+)?${Q}(?<v>[^\s"'\`;)\\]{2,200})`,
    true,
    "gi",
  ),
  command(
    /authorization/i,
    String.raw`authorization["'\`\]]{0,3}[ \t]{0,4}(?:=>|[:=,])[ \t]{0,4}["'\`]{0,3}(?:(?:basic|bearer|token|digest|api-?key|api-?token|key|negotiate|jwt|aws4-hmac-sha256|bot|sso-key|genie\w*|splunk|snowflake|personal|secret|client-id|sharedkey|hmac)[ \t]+["'\`]?(?<v>[^\s"'\`<>,;]{6,4096})|(?<w>(?=[^\s"'\`]{0,60}\d)[^\s"'\`<>,;(){}$]{16,4096}))`,
    true,
    "gi",
  ),
  command(/bearer/i, String.raw`\bbearer[ \t]+["'\`]?(?<v>[\w.~+/=-]{16,4096})`, false, "gi"),
  command(/basic /i, String.raw`\bbasic[ \t]+(?<v>[A-Za-z0-9+/]{8,400}={0,2})(?![\w])`, false, "gi"),
  command(/SecureString/i, String.raw`ConvertTo-SecureString[ \t]+(?:-String[ \t]+)?${Q}${V}`, true, "gi"),
  command(
    /Credential\(|Auth\(|\.auth\(|auth ?=|login\(|connect\(/,
    String.raw`(?:Credentials?|BasicAuth|DigestAuth|\.(?:auth|login|basic_auth|basicAuth)|\bauth ?= ?)\(?[ \t]*\(?["'][^"'\n]{1,80}["'][ \t]*,[ \t]*["'](?<v>[^"'\n]{3,200})["']`,
  ),
  command(
    /sudo|chpasswd|passwd/,
    String.raw`echo[ \t]+(?:-\w+[ \t]+)?${Q}(?:[\w.-]{1,40}:)?(?<v>[^\s"'|]{3,100})${Q}[ \t]*\|[ \t]*(?:sudo[ \t]+-S|(?:sudo[ \t]+)?chpasswd|passwd)`,
  ),
  command(/htpasswd/, String.raw`htpasswd[ \t]+-\w*b\w*[ \t]+(?:-\w+[ \t]+)*[^\s]+[ \t]+[^\s]+[ \t]+${Q}${V}`),
  command(
    /net user|net use/i,
    String.raw`net use(?:r)?[ \t]+[^\s]+[ \t]+(?:/user:[^\s]+[ \t]+)?(?!/)${Q}(?<v>[^\s"'/*]{4,100})`,
    false,
    "gi",
  ),
  command(
    /Sig(?:nature)?=|sig=/,
    String.raw`[?&](?:sig|Signature|X-Amz-Signature|X-Goog-Signature)=(?<v>[\w%+/=-]{16,1024})`,
  ),
  command(/Credential=/i, String.raw`\bCredential=(?<v>[\w%/-]{16,300})`, true, "gi"),
  command(
    /AccountKey|SharedAccess/,
    `(?:AccountKey|SharedAccessKey|SharedAccessSignature)=(?<v>[A-Za-z0-9+/=%&]{16,1024})`,
  ),
];
const ANY =
  /curl|wget|http|mysql|mariadb|sshpass|mycli|docker|podman|helm|az |oc |skopeo|plink|sqlcmd|ldap|redis-cli|7z|zip|unrar|smbclient|rpcclient|cifs|pass:|"kty"|BUNDLE_|identified|authorization|bearer|basic |SecureString|Credential|Auth\(|auth|login\(|connect\(|sudo|passwd|net user|net use|[Ss]ig(?:nature)?=|AccountKey|SharedAccess/i;

/** Secrets that stand at a place of their own, without a name: on command lines, in headers, in statements of SQL. */
export const commands: Detector = ({ text, report }) => {
  if (!ANY.test(text)) return;
  for (const { word, whole, certain } of COMMANDS) {
    if (!word.test(text)) continue;
    for (const match of text.matchAll(whole)) {
      const value = match.groups?.v ?? match.groups?.w ?? "";
      if (OURS.test(value) || !isSecret(value, "strong", "quoted", "") || (!certain && !isPasswordLike(value)))
        continue;
      const start = match.index + match[0].lastIndexOf(value);
      report(start, start + value.length, "SECRET");
    }
  }
};
