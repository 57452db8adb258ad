import { unitAt } from "../../text/unit.ts";
import { among } from "../beginnings.ts";
import { allowanceOf, type Detector, type Scan } from "../scan.ts";
import { valueBefore } from "./before.ts";
import { argumentEnd, pairEnd, quotedAt, settingEnd, wordEnd, wordLength } from "./extent.ts";
import { HINT } from "./hints.ts";
import { LINK, OPENING, WAYS, type Way } from "./links.ts";
import { type Strength, strengthOf } from "./names.ts";
import { tablesOf } from "./tables.ts";
import { isHash, isMachineMade, isPasswordLike, isRandomLine, isSecret, OURS, type Standing } from "./values.ts";

const LONGEST_NAME = 80;
/** A megabyte of `{"key": 1}` has fewer. */
const MOST_NAMES = 100_000;
const wordUpTo = (most: number) => new RegExp(`[^\\s"'\`<>|]{1,${most}}`, "y");
const WORD = wordUpTo(512);
/** As much of a word is read first: most have ended by then, or hold what ends a value. */
const SHORT = 96;
const SHORT_WORD = wordUpTo(SHORT);
const CLOSER = /[,;&][^,;&]/;
/** Where scripts begin that are written without spaces. */
const CJK = 0x3040;
/** A word longer than this that is no secret is not looked at again from names within it. */
const LONG_WORD = 64;

/** Words before "key" that say that it opens nothing. */
const HARMLESS_LEAD =
  /\b(?:public|primary|foreign|partition|sort|cache|from|shard|routing|lookup|map|object|row|host)[ \t-]$/i;
/** Names of resources have their kind in them: `arn:aws:secretsmanager:eu-west-1:1:secret:db`. */
const RESOURCE = /\barn:[\w:/-]{0,120}$/;

/** Values that stand beside the name of a secret, in code and settings of any language, on command lines, and in prose. */
export const keyed: Detector = (scan) => {
  const { text } = scan;
  const progress: Progress = { rejected: 0 };
  const mayJudge = allowanceOf(scan, MOST_NAMES);
  const tableAt = tablesOf(scan, mayJudge);
  let done = 0;
  const hintFrom = among(text, scan.landmarks.hints, HINT);
  for (let hint = hintFrom(0); hint >= 0; hint = hintFrom(done)) {
    const start = nameStart(text, hint, done);
    const end = nameEnd(text, HINT.lastIndex);
    done = end;
    const name = text.slice(start, end);
    const strength = end - start > LONGEST_NAME ? undefined : strengthOf(name);
    if (strength === undefined) continue;
    if (/^keys?$/i.test(name) && HARMLESS_LEAD.test(text.slice(Math.max(0, start - 16), start))) continue;
    if (unitAt(text, start - 1) === 0x3a && RESOURCE.test(text.slice(Math.max(0, start - 128), start))) continue;
    if (!OURS.test(name) && !mayJudge(start)) return;
    const after =
      valueAfter(scan, start, end, name, strength, progress) ??
      valueBefore(scan, start, end, name) ??
      (strength === "weak" || start < progress.rejected ? undefined : tableAt(start, end));
    if (after !== undefined) done = after;
  }
};

function nameStart(text: string, at: number, least: number): number {
  let start = at;
  while (start > least && at - start < LONGEST_NAME && isNameUnit(text.charCodeAt(start - 1))) start -= 1;
  while (start < at && /[-.$@/]/.test(text.charAt(start))) start += 1;
  return start;
}

function nameEnd(text: string, at: number): number {
  let end = at;
  // Without spaces between words, what follows the word is no more of its name.
  if (unitAt(text, at - 1) >= CJK) return at;
  while (end - at < LONGEST_NAME && isNameUnit(unitAt(text, end))) end += 1;
  while (end > at && /[-.$@/]/.test(text.charAt(end - 1))) end -= 1;
  return end;
}

/** Letters, digits, and what joins them in names: _ - . $ */
function isNameUnit(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 95 ||
    code === 45 ||
    code === 46 ||
    code === 36 ||
    (code >= 0xaa && code !== 0xd7 && code !== 0xf7)
  );
}

interface Progress {
  /** Where a long word that was no secret ends: names within it say nothing more. */
  rejected: number;
}

/** Reports the value that follows a name; answers where to go on. */
function valueAfter(
  scan: Scan,
  nameAt: number,
  end: number,
  name: string,
  strength: Strength,
  progress: Progress,
): number | undefined {
  const { text } = scan;
  if (nameAt < progress.rejected) return undefined;
  LINK.lastIndex = end;
  const link = LINK.exec(text);
  if (link === null) return undefined;
  const written = WAYS[link.findIndex((found, index) => index > 0 && found !== undefined) - 1] ?? "set";
  const way = written === "tag" && !link[0].startsWith(">") ? "caption" : written;
  // After an end tag, and on the line after a tag with attributes, stands anything.
  if ((way === "tag" && text.charAt(nameAt - 1) === "/") || (way === "caption" && link[0].includes("\n")))
    return undefined;
  // `API_SECRET=<your-api-secret>`, and the next line: a filler, not a tag.
  if (way === "tag" && link[0].includes("\n") && /[=:] ?["']?<$/.test(text.slice(Math.max(0, nameAt - 4), nameAt)))
    return undefined;
  // `<SECRET_1>` and `SECRET_1` are what we put there ourselves; `SECRET_1=...` may be a setting of the user's.
  if (OURS.test(name) && (way !== "set" || text.charAt(end) === ">")) return undefined;
  let at = end + link[0].length;
  OPENING.lastIndex = at;
  const opening = OPENING.exec(text)?.[0] ?? "";
  at += opening.length;
  const quote = text.charAt(at);
  if (quote === '"' || quote === "'" || quote === "`") {
    const [from, to] = quotedAt(scan, at);
    if (to < 0) return undefined;
    const scheme = /^(?:bearer|basic|token|apikey|key) +/i.exec(text.slice(from, from + 12))?.[0].length ?? 0;
    const argument =
      way === "space" &&
      (isCommandLine(text, nameAt) ||
        /\b(?:with|encrypted|user|role|login)[ \t][^\n]{0,60}$/i.test(lineBefore(text, nameAt)));
    return judge(scan, from + scheme, to, name, strength, argument ? "set" : way, "quoted");
  }
  return wordAfter(scan, { nameAt, name, strength, way, link: link[0], bare: opening === "", at }, progress);
}

/** A name with what links it to the word at `at`. */
interface Named {
  readonly nameAt: number;
  readonly name: string;
  readonly strength: Strength;
  readonly way: Way;
  readonly link: string;
  /** Whether nothing stands between the link and the word. */
  readonly bare: boolean;
  readonly at: number;
}

/** What is read of an unbroken word; in `sentence`s no comma ends a value. */
function wordAt(text: string, at: number, sentence: boolean): string | undefined {
  SHORT_WORD.lastIndex = at;
  const short = SHORT_WORD.exec(text)?.[0];
  if (short === undefined || short.length < SHORT || (!sentence && CLOSER.test(short))) return short;
  WORD.lastIndex = at;
  return WORD.exec(text)?.[0];
}

/** Reports a value that stands in no quotes; answers where to go on. */
function wordAfter(
  scan: Scan,
  { nameAt, name, strength, way, link, bare, at }: Named,
  progress: Progress,
): number | undefined {
  const { text } = scan;
  const sentence =
    way === "space" || way === "words" || way === "pair" || (way === "set" && /^[ \t]?:[ \t]/.test(link));
  const word = wordAt(text, at, sentence);
  if (word === undefined) return undefined;
  if (word.length > LONG_WORD) progress.rejected = at + (/[?&]/.exec(word)?.index ?? word.length);
  const lead = lineBefore(text, nameAt);
  const setting =
    way === "set" && bare
      ? (settingEnd(text, lead, link, at) ?? argumentEnd(scan, nameAt, link, at) ?? pairEnd(scan, nameAt, link, at))
      : undefined;
  if (setting !== undefined) {
    const after = judge(scan, at, setting, name, strength, way, "setting");
    if (after !== undefined) return after;
  }
  const length = way === "tag" || way === "caption" ? word.length : wordLength(word, sentence);
  const to = length === word.length ? wordEnd(text, at + length) : at + length;
  const standing =
    way === "set"
      ? standingOf(text, lead, name, link, at, to)
      : way === "tag" || way === "caption" || way === "pair"
        ? "setting"
        : "prose";
  if (standing === undefined) return undefined;
  if (way === "block" && !/^[ \t]*(?:\n|$)/.test(text.slice(to, to + 40))) return undefined;
  if (way === "space") {
    const value = word.slice(0, length);
    // A flag's value may be any word but one of a manual's sentence about the flag.
    if (
      isCommandLine(text, nameAt) &&
      (!/^[a-z]*$/i.test(value) || /^[ \t]+-|^[ \t]*(?:\n|$)/.test(text.slice(to, to + 20)))
    )
      return judge(scan, at, to, name, strength, "set", "setting");
    // `db_password zephyr-96`, on a line of its own: a setting, as many servers write them.
    if (/^[ \t]*$/.test(lead) && name.includes("_") && /^[ \t]*(?:\n|$)/.test(text.slice(to, to + 20)))
      return judge(scan, at, to, name, strength, way, "prose");
    if (!isCommandLine(text, nameAt) && !standsOut(value, link)) return undefined;
  }
  return judge(scan, at, to, name, strength, way, standing);
}

function judge(
  scan: Scan,
  from: number,
  to: number,
  name: string,
  strength: Strength,
  way: Way,
  standing: Standing,
): number | undefined {
  const value = scan.text.slice(from, to);
  if (!isSecret(value, strength, standing, name)) return undefined;
  // An argument beside another, or a word in a sentence, may be anything: it must look like a password by itself.
  if (way === "call" && /^["'`],/.test(scan.text.slice(to, to + 2)) && !isPasswordLike(value)) return undefined;
  if (way === "call" && isHash(value)) return undefined;
  // `means wrong password, "data 775" means …`
  if (way === "comma" && value.length < 12 && /\s/.test(value)) return undefined;
  if (way !== "set" && way !== "pair" && way !== "tag" && !looksChosen(value, strength, way)) return undefined;
  scan.report(from, to, "SECRET");
  return to;
}

function looksChosen(value: string, strength: Strength, way: Way): boolean {
  if (way === "call" && strength === "strong")
    return isPasswordLike(value) || (value.length >= 6 && !/^[A-Z]?[a-z]+$|[_\s]|^[a-z]+[A-Z]/.test(value));
  return strength === "strong" ? isPasswordLike(value) : isMachineMade(value, 0.5, 10) || isRandomLine(value);
}

/** A word after a space is a value only where it cannot be the next word of a sentence. */
function standsOut(word: string, link: string): boolean {
  if (!/^[ \t]/.test(link) && !link.includes("(")) return false;
  const signs =
    Number(/\d/.test(word)) +
    Number(/[a-z]/.test(word)) +
    Number(/[A-Z]/.test(word)) +
    Number(/[!@#$%^&*?+]/.test(word));
  return (
    word.length >= 8 &&
    signs >= 3 &&
    !/[(){}[\];=<>]/.test(word) &&
    !/^[\w-]+\.[a-z]+/i.test(word) &&
    !/^(?:[A-Z][a-z]+)+\d{0,2}$/.test(word)
  );
}

/** `--password hunter2`: the name is a flag. */
function isCommandLine(text: string, nameAt: number): boolean {
  const lead = text.slice(Math.max(0, nameAt - 24), nameAt);
  if (/(?:[#%](?:define|global)|\\set|(?:^|\n)[ \t]*setx?)[ \t]+$/i.test(lead)) return true;
  return (
    unitAt(text, nameAt - 1) === 0x2d &&
    /(?:^|[\s"'`=([])-{1,2}[\w-]{0,40}$/.test(text.slice(Math.max(0, nameAt - 44), nameAt))
  );
}

/** Whether an unquoted word is a value by itself (`.env`, YAML, a URL's query) or part of an expression of code. */
function standingOf(
  text: string,
  lead: string,
  name: string,
  link: string,
  at: number,
  to: number,
): Standing | undefined {
  const word = text.slice(at, to);
  if (/^[([{]|^[&*]?[\w.:$]+[([{]/.test(word)) return undefined;
  const next = text.charAt(to);
  const rest = text.slice(to, to + 80).split("\n", 1)[0] ?? "";
  const tight = link === "=" || link === ":" || link === ":=";
  const beginsSetting =
    /^[\s"'>+-]*(?:export |set |setx |ENV |ARG |env |declare -x |local |readonly |-e |--env |- |RUN |\$env:|#+ ?|\/\/ ?|\* )?[\w.$-]*$|[?&;,\s"'(]$|(?:^|\s)--?$/i.test(
      lead,
    );
  // What a shell says where it is missing.
  if (/\$\{[\w.]*$/.test(lead) && word.startsWith("?")) return undefined;
  if (/\$\{[\w.]*$/.test(lead) && next === "}") return /^[?+]/.test(word) ? undefined : "setting";
  if (link.includes("==") || link.includes("!=") || next === "(") return undefined;
  if (
    tight &&
    link.includes("=") &&
    beginsSetting &&
    (next === "" || /[\s"'&;`<\\|]/.test(next)) &&
    !/^\s*[;)]/.test(rest.slice(next === ";" ? 1 : 0))
  ) {
    return next === ";" && /^;\s*(?:$|\/\/|\})/.test(rest) && /^[A-Za-z_$][\w$]*$/.test(word)
      ? "expression"
      : "setting";
  }
  if (
    /^:\s/.test(link) &&
    /^[ \t]*(?:[#;*]+ *|\/\/ *)?(?:[-+][ \t]*)?["']?[\w.$-]*$/.test(lead) &&
    /^[ \t]*(?:#.*)?$/.test(rest)
  ) {
    return /^\s*[}\])]/.test(text.slice(to, to + 40)) || /^[A-Z][a-z]+(?:[A-Z][a-z]*)*$/.test(word)
      ? "expression"
      : "setting";
  }
  if (link.includes(":") && name.charCodeAt(0) >= CJK) return "setting";
  // `Password: hunter2` in the middle of a line; `user:master,pwd:x`.
  if (link.includes(":") && !link.includes("="))
    return /[,;})\]]/.test(next) && /^[A-Za-z_$][\w$.]*$/.test(word) ? "expression" : "prose";
  return "expression";
}

/** What stands before a place on its line; where that is long, its end, marked as not being a line's beginning. */
function lineBefore(text: string, at: number): string {
  const from = Math.max(0, at - 80);
  const near = text.slice(from, at);
  const newline = near.lastIndexOf("\n");
  return newline >= 0 ? near.slice(newline + 1) : from === 0 ? near : `\u0000${near}`;
}
