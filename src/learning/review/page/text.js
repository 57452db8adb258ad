/**
 * What users and models wrote, made safe to look at: characters that hide or turn text around are shown by name, our
 * placeholders as chips, and long texts a slice at a time. Pure but for `segmentNodes`.
 */
import { el } from "./dom.js";

/** @typedef {{ kind: "text" | "mark" | "placeholder", text: string, length: number, name?: string }} Segment `length` in the source */

/**
 * Controls except tab and line feed, what turns the direction of text, and what is not to be seen. A carriage return
 * before a line feed is an ordinary end of line, and one variation selector after an emoji says how it is drawn.
 */
const HIDDEN =
  "\\r(?!\\n)|(?![\\t\\n\\r])(?!(?<![\\ufe00-\\ufe0f])[\\ufe0e\\ufe0f])" +
  "[\\p{Cc}\\p{Bidi_Control}\\p{Default_Ignorable_Code_Point}\\u2028\\u2029\\ufff9-\\ufffb]";
const PLACEHOLDER = "<[A-Z][A-Z0-9_]{0,63}_[0-9]{1,9}>";
const SPECIAL = new RegExp(`(?<hidden>${HIDDEN})\\k<hidden>*|${PLACEHOLDER}`, "gu");

/** @type {Readonly<Record<number, string>>} */
const NAMES = {
  27: "escape",
  173: "soft hyphen",
  1564: "Arabic letter mark",
  8203: "zero-width space",
  8204: "zero-width non-joiner",
  8205: "zero-width joiner",
  8206: "left-to-right mark",
  8207: "right-to-left mark",
  8234: "left-to-right embedding",
  8235: "right-to-left embedding",
  8236: "pop directional formatting",
  8237: "left-to-right override",
  8238: "right-to-left override",
  8288: "word joiner",
  8294: "left-to-right isolate",
  8295: "right-to-left isolate",
  8296: "first strong isolate",
  8297: "pop directional isolate",
  65279: "byte order mark",
};

/**
 * @param {string} text
 * @param {ReadonlySet<string>} placeholders Ours, without brackets; others are the user's own text.
 * @returns {Generator<Segment>}
 */
export function* segments(text, placeholders) {
  let done = 0;
  for (const match of text.matchAll(SPECIAL)) {
    const [found] = match;
    const hidden = match.groups?.hidden;
    if (hidden === undefined && !placeholders.has(found.slice(1, -1))) continue;
    if (match.index > done) yield plain(text.slice(done, match.index));
    yield hidden === undefined
      ? { kind: "placeholder", text: found, length: found.length }
      : { ...markOf(hidden, found.length / hidden.length), length: found.length };
    done = match.index + found.length;
  }
  if (done < text.length) yield plain(text.slice(done));
}

/**
 * @param {string} text
 * @returns {Segment}
 */
const plain = (text) => ({ kind: "text", text, length: text.length });

/**
 * @param {string} hidden
 * @param {number} times
 * @returns {{ kind: "mark", text: string, name: string }}
 */
function markOf(hidden, times) {
  const code = hidden.codePointAt(0) ?? 0;
  const picture =
    code < 0x20 ? String.fromCodePoint(0x2400 + code) : `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  const name = NAMES[code] ?? "invisible or control character";
  return { kind: "mark", text: times > 1 ? `${picture}×${times}` : picture, name };
}

/**
 * Where to cut a text so that the piece from `start` has at most `length` units: after a line's end where there is one
 * in its second half, and never inside a character.
 * @param {string} text
 * @param {number} start
 * @param {number} length
 */
export function cutAt(text, start, length) {
  const end = start + length;
  if (end >= text.length) return text.length;
  const line = text.lastIndexOf("\n", end - 1) + 1;
  if (line > start + length / 2) return line;
  const last = text.charCodeAt(end - 1);
  return last >= 0xd800 && last <= 0xdbff ? end - 1 : end;
}

/**
 * The nodes of a piece of text, at most `most` of them; `rest` is where the next piece starts.
 * @param {string} text
 * @param {ReadonlySet<string>} placeholders
 * @param {number} most
 * @returns {{ nodes: (Node | string)[], rest: number }}
 */
export function segmentNodes(text, placeholders, most) {
  /** @type {(Node | string)[]} */
  const nodes = [];
  let rest = 0;
  for (const segment of segments(text, placeholders)) {
    if (nodes.length >= most) return { nodes, rest };
    nodes.push(nodeOf(segment));
    rest += segment.length;
  }
  return { nodes, rest };
}

/** @param {Segment} segment */
function nodeOf({ kind, text, name }) {
  if (kind === "text") return text;
  if (kind === "placeholder") return el("span", { class: "placeholder", title: "Replaced before it was stored" }, text);
  return el("span", { class: "mark", title: name, role: "img", "aria-label": name }, text);
}
