import { grammarOf } from "../../syntax/index.ts";
import type { Finding } from "./finding.ts";

interface Rule extends Finding {
  /** Linear: no repetition inside a repetition, and every repetition bounded. */
  readonly pattern: RegExp;
  /** Names of grammars, or of languages that have none; undefined: any. */
  readonly languages?: ReadonlySet<string>;
}

const SCRIPT = new Set(["javascript", "typescript", "tsx", "vue", "svelte", "html"]);
const SHELL = new Set(["bash", "dockerfile"]);
const EVALS = new Set([...SCRIPT, "python", "php", "ruby", "perl"]);

/** Each a CWE that shows in one line. They miss much, and say little that is false. */
const RULES: readonly Rule[] = [
  {
    what: "a secret written into the code (CWE-798)",
    weight: "grave",
    pattern: /<[A-Z_]{0,30}(?:SECRET|PASSWORD|TOKEN|KEY|CREDENTIALS?)_\d{1,6}>/,
  },
  {
    what: "a password written into the code (CWE-798)",
    weight: "grave",
    pattern:
      /\b\w{0,40}(?:password|passwd|api_?key|secret_?key|auth_?token)\s{0,4}(?::\s{0,4}\w{1,20}\s{0,4})?[:=]\s{0,4}["'](?!\s{0,4}["'])(?!your|change|example|xxx|<|\$|\{)[^"'\s]{6,200}["']/i,
  },
  {
    what: "code run from text (CWE-95)",
    weight: "grave",
    pattern: /(?<![\w.$>:])(?:eval|exec)\s{0,4}\(|\bnew\s{1,4}Function\s{0,4}\(/,
    languages: EVALS,
  },
  {
    what: "a shell run with built-up text (CWE-78)",
    weight: "grave",
    pattern:
      /\bshell\s{0,4}=\s{0,4}True\b|\bos\.(?:system|popen)\s{0,4}\(\s{0,4}(?:f["']|[^"')\s])|\b(?:exec|execSync)\s{0,4}\(\s{0,4}`[^`]{0,200}\$\{|\bshell_exec\s{0,4}\(/,
  },
  {
    what: "an SQL statement built from text (CWE-89)",
    weight: "grave",
    pattern:
      /["'`](?:SELECT\s[^"'`\n]{1,200}\sFROM|INSERT\s{1,4}INTO|UPDATE\s[^"'`\n]{1,80}\sSET|DELETE\s{1,4}FROM)\s[^"'`\n]{0,300}(?:["'`]{1,2}\s{0,4}(?:\+|\.(?=\s{0,4}\$)|%\s{0,4}[\w(]|\|\|)|\$\{)|\bf["'](?:SELECT|INSERT|UPDATE|DELETE)\s[^"'\n]{0,300}\{/i,
  },
  {
    what: "a broken hash or cipher (CWE-327)",
    weight: "plain",
    pattern:
      /\b(?:hashlib\.(?:md5|sha1)|createHash\s{0,4}\(\s{0,4}["'](?:md5|sha1)|MessageDigest\.getInstance\s{0,4}\(\s{0,4}"(?:MD5|SHA-?1)|(?:md5|sha1)\.(?:New|Sum)\b|DES\.new|MODE_ECB|(?:MD5|SHA1)\.Create)/,
  },
  {
    what: "certificates not checked (CWE-295)",
    weight: "grave",
    pattern:
      /\bverify\s{0,4}=\s{0,4}False\b|rejectUnauthorized["']?\s{0,4}:\s{0,4}false|InsecureSkipVerify\s{0,4}:\s{0,4}true|NODE_TLS_REJECT_UNAUTHORIZED|\bcurl\s[^\n]{0,200}(?:--insecure|\s-k\s)/,
  },
  {
    what: "objects read from untrusted bytes (CWE-502)",
    weight: "plain",
    pattern:
      /\b(?:c?[pP]ickle|marshal|shelve)\.loads?\s{0,4}\(|\byaml\.load\s{0,4}\((?![^)\n]{0,200}Safe)|\bunserialize\s{0,4}\(|new\s{1,4}ObjectInputStream\b/,
  },
  {
    what: "markup made from text (CWE-79)",
    weight: "plain",
    pattern: /\.innerHTML\s{0,4}\+?=(?!=)|dangerouslySetInnerHTML|document\.write\s{0,4}\(/,
    languages: SCRIPT,
  },
  {
    what: "files open to all (CWE-732)",
    weight: "plain",
    pattern: /\bchmod\s{1,4}(?:-R\s{1,4})?0?777\b|\bchmod\s{0,4}\([^)\n]{0,100}0o?777\b/,
  },
  {
    what: "a script run as it comes from the net (CWE-494)",
    weight: "plain",
    pattern: /\b(?:curl|wget)\s[^\n|]{1,300}\|\s{0,4}(?:sudo\s{1,4})?(?:ba|z|da)?sh\b/,
    languages: SHELL,
  },
  {
    what: "everything deleted by a variable (CWE-73)",
    weight: "plain",
    pattern: /\brm\s{1,4}-[rf]{2}\s{1,4}(?:--\s{1,4})?["']?(?:\/(?:\s|$)|\$\{?\w{1,60}\}?\/)/m,
    languages: SHELL,
  },
];

/** Looks at code whose comments are blanked, where a grammar allowed it. */
export function securityFindings(language: string, code: string): readonly Finding[] {
  const name = grammarOf(language) ?? language;
  return RULES.filter(
    ({ languages, pattern }) => (languages === undefined || languages.has(name)) && pattern.test(code),
  );
}
