/** @import { Change, Hunk } from "./types.d.ts" */
import { button, el } from "./dom.js";
import { longText } from "./long-text.js";
import { cutAt, segmentNodes } from "./text.js";

const FIRST_LINES = 300;
const NEXT_LINES = 1500;
/** Units and nodes of a line, as long as nobody asks for the whole text. */
const LINE = { length: 1500, nodes: 120 };
/** Pieces of a line are marked as changed only where at least so much of it stayed. */
const KEPT_SHARE = 0.3;

/** @typedef {{ kind: "same" | "removed" | "added" | "gap", old?: number, new?: number, text: string, changed?: [number, number] }} Line */

/**
 * @param {Change} change
 * @param {ReadonlySet<string>} placeholders
 * @param {{ side: boolean, label: string }} look
 */
export function diffView(change, placeholders, { side, label }) {
  if (change.state === "tooLarge") {
    return el(
      "div",
      { class: "uncompared" },
      el("p", { class: "muted" }, "Too much to compare. Both are shown whole: before, then after."),
      longText(change.before, placeholders, { class: "code", dir: "ltr" }),
      longText(change.after, placeholders, { class: "code", dir: "ltr" }),
    );
  }
  if (change.hunks.length === 0) return el("p", { class: "muted same-note" }, "No difference.");
  const lines = change.hunks.flatMap((hunk, at) => [...(at > 0 ? [gap(hunk)] : []), ...linesOf(hunk)]);
  const rows = side ? pairs(lines) : lines.map((line) => /** @type {const} */ ([line]));
  const body = el("tbody");
  const table = el(
    "table",
    { class: side ? "diff side" : "diff", "aria-label": label, dir: "ltr" },
    columns(side),
    body,
  );
  const view = el("div", { class: "diff-scroll", tabindex: 0, role: "group", "aria-label": label }, table);
  let shown = 0;
  /** @param {number} count */
  const grow = (count) => {
    const next = rows.slice(shown, shown + count);
    body.append(...next.map((row) => (side ? sideRow(row, placeholders) : unifiedRow(row[0], placeholders))));
    shown += next.length;
    if (shown >= rows.length) more.remove();
    else left.textContent = `${rows.length - shown} lines more`;
  };
  const left = el("span", { class: "muted" });
  const more = el(
    "div",
    { class: "more" },
    left,
    button("Show more", () => grow(NEXT_LINES)),
  );
  const all = el("div", null, view, more);
  grow(FIRST_LINES);
  return all;
}

/** @param {boolean} side */
function columns(side) {
  const names = side ? ["number", "half", "number", "half"] : ["number", "number", "sign", "whole"];
  return el("colgroup", null, ...names.map((name) => el("col", { class: name })));
}

/**
 * @param {Hunk} hunk
 * @returns {Line}
 */
const gap = ({ newStart }) => ({ kind: "gap", text: `line ${newStart}` });

/**
 * @param {Hunk} hunk
 * @returns {Line[]}
 */
function linesOf({ oldStart, newStart, lines }) {
  let [old, next] = [oldStart, newStart];
  /** @type {Line[]} */
  const made = [];
  for (const line of lines) {
    const text = line.slice(1);
    if (line.startsWith("+")) made.push({ kind: "added", new: next++, text });
    else if (line.startsWith("-")) made.push({ kind: "removed", old: old++, text });
    else if (line.startsWith(" ")) made.push({ kind: "same", old: old++, new: next++, text });
  }
  markChanged(made);
  return made;
}

/**
 * In a run of removed lines with as many added ones behind it, marks what differs between each two.
 * @param {Line[]} lines
 */
function markChanged(lines) {
  for (let at = 0; at < lines.length; at += 1) {
    const removed = run(lines, at, "removed");
    const added = run(lines, at + removed, "added");
    for (let pair = 0; removed === added && pair < removed; pair += 1) {
      const [before, after] = [lines[at + pair], lines[at + removed + pair]];
      if (before !== undefined && after !== undefined) markPair(before, after);
    }
    at += Math.max(0, removed + added - 1);
  }
}

/**
 * @param {Line[]} lines
 * @param {number} from
 * @param {Line["kind"]} kind
 */
function run(lines, from, kind) {
  let length = 0;
  while (lines[from + length]?.kind === kind) length += 1;
  return length;
}

/**
 * @param {Line} before
 * @param {Line} after
 */
function markPair(before, after) {
  const most = Math.min(before.text.length, after.text.length, LINE.length);
  let start = 0;
  while (start < most && before.text[start] === after.text[start]) start += 1;
  let end = 0;
  while (end < most - start && before.text.at(-1 - end) === after.text.at(-1 - end)) end += 1;
  if (before.text.slice(0, start).trim().length + end < KEPT_SHARE * Math.max(before.text.length, after.text.length))
    return;
  before.changed = [start, before.text.length - end];
  after.changed = [start, after.text.length - end];
}

/**
 * Old beside new: what was removed and added in one place shares its rows.
 * @param {Line[]} lines
 * @returns {(readonly [Line | undefined, Line | undefined])[]}
 */
function pairs(lines) {
  /** @type {(readonly [Line | undefined, Line | undefined])[]} */
  const rows = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    if (line?.kind === "same" || line?.kind === "gap") {
      rows.push([line, line]);
      at += 1;
      continue;
    }
    const removed = run(lines, at, "removed");
    const added = run(lines, at + removed, "added");
    for (let row = 0; row < Math.max(removed, added); row += 1) {
      rows.push([row < removed ? lines[at + row] : undefined, row < added ? lines[at + removed + row] : undefined]);
    }
    at += Math.max(1, removed + added);
  }
  return rows;
}

/**
 * @param {Line | undefined} line
 * @param {ReadonlySet<string>} placeholders
 */
function unifiedRow(line, placeholders) {
  if (line === undefined || line.kind === "gap") return gapRow(line);
  const sign = line.kind === "added" ? "+" : line.kind === "removed" ? "−" : "";
  const spoken = line.kind === "same" ? undefined : line.kind;
  return el(
    "tr",
    { class: line.kind },
    el("td", { class: "number" }, numberOf(line.old)),
    el("td", { class: "number" }, numberOf(line.new)),
    el("td", { class: "sign", "aria-label": spoken }, sign),
    lineCell(line, placeholders),
  );
}

/**
 * @param {readonly (Line | undefined)[]} row
 * @param {ReadonlySet<string>} placeholders
 */
function sideRow([before, after], placeholders) {
  if (before?.kind === "gap") return gapRow(before);
  /** @param {Line | undefined} line @param {number | undefined} number */
  const half = (line, number) => [
    el("td", { class: `number ${line?.kind ?? "none"}` }, numberOf(number)),
    line === undefined ? el("td", { class: "line none" }) : lineCell(line, placeholders),
  ];
  return el("tr", null, ...half(before, before?.old), ...half(after, after?.new));
}

/** @param {Line | undefined} line */
function gapRow(line) {
  return el("tr", { class: "gap" }, el("td", { colspan: 4 }, `⋯ ${line?.text ?? ""}`));
}

/** @param {number | undefined} number */
const numberOf = (number) => (number === undefined ? "" : String(number));

/**
 * @param {Line} line
 * @param {ReadonlySet<string>} placeholders
 */
function lineCell({ kind, text, changed }, placeholders) {
  const end = cutAt(text, 0, LINE.length);
  /** @param {number} from @param {number} to */
  const part = (from, to) => segmentNodes(text.slice(from, Math.min(to, end)), placeholders, LINE.nodes).nodes;
  const cut = end < text.length ? [el("span", { class: "muted" }, ` … ${text.length - end} more`)] : [];
  const cell = el("td", { class: `line ${kind}` });
  if (changed === undefined || changed[0] >= changed[1]) cell.append(...part(0, end));
  else cell.append(...part(0, changed[0]), el("mark", null, ...part(...changed)), ...part(changed[1], end));
  cell.append(...cut);
  return cell;
}
