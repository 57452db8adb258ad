import type { Tree, Trees } from "../syntax/index.ts";
import type { Span } from "./detect/scan.ts";

/**
 * How a placeholder is written where it stands. brackets: `<EMAIL_1>`, for text, comments and strings. bare: `EMAIL_1`,
 * which every language takes for a name or a word. quoted: `"<EMAIL_1>"`, for a number in JSON.
 */
export type Form = "brackets" | "bare" | "quoted";

export function written(form: Form, name: string): string {
  return form === "bare" ? name : form === "quoted" ? `"<${name}>"` : `<${name}>`;
}

/** Nodes of any grammar in which any text may stand. */
const TEXT =
  /string|comment|heredoc|char_literal|raw_text|^text$|template_content|doc|regex_pattern|plain_value|encapsed/;
/** Inside strings, but code again. */
const CODE_IN_TEXT = /substitution|interpolation|expansion|simple_expansion|jsx_expression/;

/** The form of each span in code whose tree is known: bare wherever brackets would be operators or a tag. */
export function formsInTree(tree: Tree, spans: readonly Span[]): Form[] {
  return spans.map(({ start, end }) => {
    for (let node = tree.rootNode.descendantForIndex(start, end - 1); node !== null; node = node.parent) {
      if (CODE_IN_TEXT.test(node.type)) return "bare";
      if (!TEXT.test(node.type) || node.type.includes("jsx")) continue;
      // A literal replaced whole, quotes and all, leaves no string to stand in; its parent may be one.
      const within = node.startIndex < start || node.endIndex > end;
      if (within || /content|fragment|comment/.test(node.type)) return "brackets";
    }
    return "bare";
  });
}

/** In text without a grammar: a number that is a value of JSON needs quotes. */
export function formInText(text: string, { start, end }: Span): Form {
  const before = /"\s{0,8}:\s{0,8}$/.test(text.slice(Math.max(0, start - 20), start));
  return before && /^[\d.]+$/.test(text.slice(start, end)) && /^\s{0,8}[,}\]\n]/.test(text.slice(end, end + 10))
    ? "quoted"
    : "brackets";
}

const FENCE = /(?:^|\n)[ \t>]{0,12}(```+|~~~+)[ \t]{0,4}([A-Za-z0-9#+_-]{1,24})[^\n]{0,200}\n/g;

export interface Fence {
  readonly language: string;
  readonly start: number;
  readonly end: number;
}

/** Blocks of code in Markdown that say their language. */
export function fencesIn(text: string): Fence[] {
  const fences: Fence[] = [];
  if (!text.includes("```") && !text.includes("~~~")) return fences;
  FENCE.lastIndex = 0;
  for (let open = FENCE.exec(text); open !== null; open = FENCE.exec(text)) {
    const start = open.index + open[0].length;
    const close = text.indexOf(`\n${open[1]?.slice(0, 3) ?? "```"}`, start - 1);
    const end = close < 0 ? text.length : close + 1;
    fences.push({ language: open[2] ?? "", start, end });
    FENCE.lastIndex = Math.max(start, end - 1) + (close < 0 ? 0 : 4);
  }
  return fences;
}

/** Forms for a text, reading the fenced blocks that have something to replace by their grammars. */
export function formsInText(text: string, spans: readonly Span[], trees: Trees | undefined): Form[] {
  const forms = spans.map((span) => formInText(text, span));
  if (trees === undefined || spans.length === 0) return forms;
  for (const { language, start, end } of fencesIn(text)) {
    const from = spans.findIndex((span) => span.start >= start && span.end <= end);
    if (from < 0) continue;
    const inside = spans.slice(from).filter((span) => span.end <= end);
    const shifted = inside.map((span) => ({ ...span, start: span.start - start, end: span.end - start }));
    const found = trees.read(language, text.slice(start, end), (tree) => formsInTree(tree, shifted));
    for (const [index, form] of (found ?? []).entries()) forms[from + index] = form;
  }
  return forms;
}
