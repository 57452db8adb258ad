import { unitAt } from "../../text/unit.ts";
import { isPercentEncoded, rawWidth } from "../../text/view.ts";
import { isWordUnit } from "../context.ts";
import type { Scan } from "../scan.ts";

const LONGEST_QUOTED = 8192;
/** A value that was cut off where reading stopped goes on as far as this. */
const LONGEST = 65_536;
const LONGEST_SETTING = 1024;
/** What begins the line of a setting, before its name. */
const LINE_LEAD =
  /^[ \t>+-]*(?:(?:export|set|setx|ENV|ARG|env|declare -x|readonly|local|-e|--env) |\$env:|#+ ?|\/\/ ?|\* )?[\w.$-]*$/i;
/** The next of several pairs on a line: `;User Id=sa`, `&b=1`, `,pwd:x`. */
const NEXT_PAIR = /[,;&|] ?["']?[A-Za-z_][\w .-]{0,30}["']?[=:]/;

/** Signs that end a word in other places. */
const SIGNS = /[,;&)\]}|<>'"`([{]/;

/**
 * From after the quote to the quote that closes it on the same line, of the same kind and as deeply escaped; where that is
 * too far, to the end of the unbroken word.
 */
export function quotedAt({ text, view }: Scan, at: number): [from: number, to: number] {
  const quote = unitAt(text, at);
  const width = rawWidth(view, at);
  const triple = unitAt(text, at + 1) === quote && unitAt(text, at + 2) === quote;
  const from = triple ? at + 3 : at + 1;
  const last = Math.min(text.length, from + LONGEST_QUOTED);
  for (let to = from; to < last; to += 1) {
    const code = unitAt(text, to);
    if (code === quote && rawWidth(view, to) === width) {
      // SQL and YAML write a quote within quotes twice.
      if (to > from && unitAt(text, to + 1) === quote && isWordUnit(unitAt(text, to + 2))) to += 1;
      else return [from, to];
    }
    if (code === 0x0a && rawWidth(view, to) === 1 && !triple) return [from, -1];
  }
  return [from, last === text.length ? -1 : wordEnd(text, last)];
}

/**
 * Where the value of `"NAME=value"` ends, which has its quotes for itself: whatever signs stand in it, up to the quote or
 * the next pair. undefined: it stands in no quotes of its own.
 */
export function argumentEnd(scan: Scan, nameAt: number, link: string, at: number): number | undefined {
  const open = nameAt - 1 - (/-{0,2}$/.exec(scan.text.slice(Math.max(0, nameAt - 2), nameAt))?.[0].length ?? 0);
  if (link !== "=" || !/["'`]/.test(scan.text.charAt(open))) return undefined;
  const [, to] = quotedAt(scan, open);
  if (to <= at || to - at > LONGEST_SETTING) return undefined;
  const value = scan.text.slice(at, to);
  if (/\s/.test(value) || !SIGNS.test(value)) return undefined;
  return at + (NEXT_PAIR.exec(value)?.index ?? value.length);
}

/**
 * Where a value ends between signs that divide pairs, as in `Server=db;Password=a&b;Encrypt=true` or `?user=a&password=b;c`:
 * no other sign ends it, nor that one percent-encoded. undefined: it stands between none.
 */
export function pairEnd({ raw, text, view }: Scan, nameAt: number, link: string, at: number): number | undefined {
  const lead = /([;&?]) ?$/.exec(text.slice(Math.max(0, nameAt - 2), nameAt));
  if (link !== "=" || lead === null) return undefined;
  const divider = lead[1] === "?" ? "&" : lead[1];
  // Of a query within a query all is encoded, what divides it, too.
  const nested = isPercentEncoded(raw, view, nameAt - lead[0].length);
  const last = Math.min(text.length, at + LONGEST_SETTING);
  let end = at;
  for (; end < last; end += 1) {
    if (!nested && isPercentEncoded(raw, view, end)) continue;
    const sign = text.charAt(end);
    if (/["'`\s<>]/.test(sign) || sign === divider) break;
  }
  return SIGNS.test(text.slice(at, end)) ? end : undefined;
}

/** Where an unbroken word ends that was read as far as `to`. */
export function wordEnd(text: string, to: number): number {
  const last = Math.min(text.length, to + LONGEST);
  let end = to;
  for (; end < last; end += 1) {
    const code = unitAt(text, end);
    if (code <= 0x20 || code === 0x22 || code === 0x27 || code === 0x60 || code === 0x3c || code === 0x3e) break;
    if (code === 0x2c || code === 0x3b || code === 0x26 || code === 0x7c || code === 0x5c) break;
  }
  return end;
}

/** How much of an unquoted word is a value. In `sentence`s only a space or the next pair ends one, and not what ends the sentence. */
export function wordLength(word: string, sentence: boolean): number {
  const closer = sentence ? NEXT_PAIR.exec(word) : /&&|[,;&](?![,;&])|\\n/.exec(word);
  let length = closer === null ? word.length : closer.index;
  if (sentence)
    while (
      length > 0 &&
      /[.,;:!?)\]}]/.test(word.charAt(length - 1)) &&
      !(/[!?]/.test(word.charAt(length - 1)) && /\d/.test(word))
    )
      length -= 1;
  const bracket = /^[^([{]*?[)\]}]/.exec(word.slice(0, length));
  return bracket === null ? length : bracket[0].length - 1;
}

/**
 * Where the value ends of a setting that has its line for itself, `NAME=value` or `name: value` with nothing after it:
 * whatever signs stand in it. undefined: it is no such line, or its value has no such signs.
 */
export function settingEnd(text: string, lead: string, link: string, at: number): number | undefined {
  if (!LINE_LEAD.test(lead) || !/^(?:=|:[ \t]+| = )$/.test(link)) return undefined;
  const near = text.slice(at, at + LONGEST_SETTING);
  const newline = near.indexOf("\n");
  const line = newline < 0 ? near : near.slice(0, newline);
  const word = /^\S+/.exec(line)?.[0] ?? "";
  if (!SIGNS.test(word) || word.length === LONGEST_SETTING) return undefined;
  if (link !== "=" && !/^[ \t]*(?:#[^\n]*)?(?:\n|$)/.test(near.slice(word.length))) return undefined;
  const pair = NEXT_PAIR.exec(line);
  // A quote that nothing follows, a tag, two signs in a row: the setting stands in something else.
  const outside = /["'`](?![\w!@#$%^*+-])|<\/?[a-z][\w-]{0,20}[ \t/]{0,2}>|&&|\|\||\\n/i.exec(word);
  let end = Math.min(word.length, pair?.index ?? word.length, outside?.index ?? word.length);
  const indented = /^[ \t]/.test(lead);
  while (end > 0 && (indented ? /[,;)\]}]/ : /[,;]/).test(word.charAt(end - 1))) end -= 1;
  const value = word.slice(0, end);
  if (!SIGNS.test(value)) return undefined;
  // A call, over several lines perhaps, or an expression.
  if (/^[[{(]|\([^()]*\)|\[[^[\]]*\]|\{[^{}]*\}|^[A-Za-z_$.:]+[([{]/.test(value)) return undefined;
  if (/[([{]$/.test(value) && (indented || !/\d/.test(value))) return undefined;
  return at + end;
}
