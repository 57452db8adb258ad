import { rules } from "@secretlint/secretlint-rule-preset-recommend";
import type { SecretLintRuleContext, SecretLintSourceCode } from "@secretlint/types";
import type { Detector, Scan } from "../scan.ts";

/** Of a rule that reads files which are no texts. */
const NEVER = "never";

/**
 * secretlint's rules, each called by itself. Its preset is not used, nor its core: the preset brings filter-comments,
 * by which text in a user's message (`secretlint-disable`) would switch detection off. A rule runs only where one of
 * its words stands in the text; a rule that we have no words for always runs, so that a newer secretlint loses nothing.
 */
const WORDS: Readonly<Record<string, RegExp | typeof NEVER>> = {
  aws: /A(?:3T|KIA|GPA|IDA|ROA|IPA|NPA|NVA|SIA)|(?:CCESS|ccess)_?(?:KEY|key|Key)|(?:CCOUNT|ccount)_?(?:ID|id|Id)?["']?\s*[:=]/,
  gcp: NEVER,
  privatekey: /PRIVATE KEY/,
  npm: /_authToken|npm_/,
  basicauth: /:\/\/[^\s/]*@/,
  slack: /xox|xapp-|hooks\.slack/i,
  sendgrid: /SG\./,
  shopify: /shp/,
  stripe: /[sr]k_(?:live|test)/,
  github: /gh[pousr]_|github_pat/,
  gitlab: /glpat-/,
  grafana: /glsa_/,
  openai: /sk-/,
  anthropic: /sk-ant/,
  groq: /gsk_/,
  huggingface: /hf_/,
  linear: /lin_api/,
  notion: /ntn_/,
  "1password": /ops_/,
  "database-connection-string": /:\/\/[^\s/]*@/,
  "hashicorp-vault": /hv[sbr]\./,
  vercel: /vc[piark]_/,
  databricks: /dapi/,
  docker: /dckr_pat/,
  figma: /figd_/,
  cloudflare: /cf(?:k|ut|at)_/,
  tailscale: /tskey/,
};
/** Any of the words above, within a run that is long enough for a token. */
const ANY =
  /A(?:3T|KIA|GPA|IDA|ROA|IPA|NPA|NVA|SIA)|_authToken|npm_|xox|xapp-|hooks\.slack|SG\.|shp[a-z]{2}_|[sr]k_(?:live|test)|gh[pousr]_|github_pat|glpat-|glsa_|sk-|gsk_|hf_|lin_api|ntn_|ops_|hv[sbr]\.|vc[piark]_|dapi|dckr_pat|figd_|cf(?:k|ut|at)_|tskey/;

/** Most text holds nothing for any of them, and is told from the rest by what is known of it already. */
function mayHold({ text, landmarks: { runs, urls, ats } }: Scan): boolean {
  if (urls.length > 0 && ats.length > 0) return true;
  for (let index = 0; index < runs.length; index += 2) {
    if (ANY.test(text.slice(runs[index], runs[index + 1]))) return true;
  }
  if (text.includes("PRIVATE KEY") || text.includes("ccess") || text.includes("CCESS")) return true;
  return (text.includes("ccount") || text.includes("CCOUNT")) && /\d/.test(text);
}

interface Rule {
  readonly words: RegExp | typeof NEVER | undefined;
  /** Reports all of a URL. */
  readonly urls: boolean;
  readonly run: (text: string, report: (start: number, end: number) => void) => void;
}

const RULES: readonly Rule[] = rules
  .filter((rule) => rule.meta.type === "scanner")
  .map((rule) => {
    let report: (start: number, end: number) => void = () => {};
    const context: SecretLintRuleContext = {
      sharedOptions: {},
      // Messages quote the secret: none is ever made.
      createTranslator: () => (messageId, data) => ({ message: "", messageId: String(messageId), data }),
      report: ({ range: [start, end] }) => report(start, end),
      ignore: () => {},
    };
    const name = rule.meta.id.replace("@secretlint/secretlint-rule-", "");
    const handler = rule.create(context, {});
    return {
      words: WORDS[name],
      urls: name === "basicauth" || name === "database-connection-string",
      run(text, found) {
        report = found;
        // Synchronous but for one rule about binary files, which the file name keeps out.
        void handler.file?.(sourceOf(text));
      },
    };
  });

export const secretlint: Detector = (scan) => {
  if (!mayHold(scan)) return;
  const { text } = scan;
  for (const { words, urls, run } of RULES) {
    if (words === undefined || (words !== NEVER && words.test(text)))
      run(text, (start, end) => reportPart(scan, start, end, urls));
  }
};

/** `NAME = "` at the beginning of what a rule reports. */
const ASSIGNMENT = /^["']?[\w.-]{1,80}["']?\s*(?:=>|=|:)\s*["']?/;
const REST_OF_TOKEN = /[\w/+=.~-]*/y;

/**
 * Some rules report a range that begins at the name and is as long as the value, which would leave the value's end:
 * the value is what is reported here. Rules about connections report all of the URL, of which only the password is
 * secret: our own rule takes that out.
 */
function reportPart({ text, report }: Scan, start: number, end: number, urls: boolean): void {
  if (urls || /x{6}|X{6}|\*{4}/.test(text.slice(start, end))) return;
  const name = ASSIGNMENT.exec(text.slice(start, start + 120))?.[0];
  if (name === undefined || name.length >= 80) report(start, end, "SECRET");
  else {
    REST_OF_TOKEN.lastIndex = start + name.length;
    REST_OF_TOKEN.test(text);
    report(start + name.length, REST_OF_TOKEN.lastIndex, "SECRET");
  }
}

function sourceOf(text: string): SecretLintSourceCode {
  const nowhere = { start: { line: 1, column: 0 }, end: { line: 1, column: 0 } };
  return {
    hasBOM: false,
    content: text,
    filePath: ".npmrc",
    physicalFilePath: undefined,
    contentType: "text",
    ext: "",
    getFilePath: () => ".npmrc",
    getPhysicalFilePath: () => undefined,
    locationToRange: () => [0, 0],
    rangeToLocation: () => nowhere,
    positionToIndex: () => 0,
    indexToPosition: () => nowhere.start,
  };
}
