import type { BlockSyntax } from "../model.ts";
import { errorShare, type Trees } from "../syntax/index.ts";
import type { Span } from "./detect/scan.ts";
import { type Form, formsInText, formsInTree, written } from "./form.ts";
import type { Numbering } from "./placeholders.ts";
import type { Redactor } from "./redactor.ts";

/** The texts of one body, redacted one after the other with the same numbers. */
export interface Session {
  text(text: string): string;
  /** A value that stands beside a name: the name says of it what it does not say itself. */
  named(name: string, value: string): string;
  code(language: string, text: string): { readonly text: string; readonly syntax: BlockSyntax };
}

export function session(redactor: Redactor, numbers: Numbering, trees: Trees | undefined): Session {
  const replace = (text: string, spans: readonly Span[], forms: readonly Form[]) => {
    if (spans.length === 0) return text;
    let from = 0;
    const pieces: string[] = [];
    for (const [index, { start, end, type }] of spans.entries()) {
      pieces.push(
        text.slice(from, start),
        written(forms[index] ?? "brackets", numbers.nameOf(type, text.slice(start, end))),
      );
      from = end;
    }
    pieces.push(text.slice(from));
    return pieces.join("");
  };

  return {
    text(text) {
      const spans = redactor.find(text);
      return replace(text, spans, formsInText(text, spans, trees));
    },
    named(name, value) {
      const lead = `"${name}": "`;
      const end = lead.length + value.length;
      const spans = redactor.find(`${lead}${value}"`).flatMap((span) => {
        const from = Math.max(span.start, lead.length);
        const to = Math.min(span.end, end);
        return from < to ? { type: span.type, start: from - lead.length, end: to - lead.length } : [];
      });
      return replace(value, spans, []);
    },
    code(language, text) {
      const spans = redactor.find(text);
      if (language === "json") return json(text, spans);
      const share = (code: string) => trees?.read(language, code, (tree) => errorShare(tree, code.length));
      const before = trees?.read(language, text, (tree) => ({
        share: errorShare(tree, text.length),
        forms: formsInTree(tree, spans),
      }));
      const after = replace(text, spans, before?.forms ?? formsInText(text, spans, undefined));
      return {
        text: after,
        syntax: { language, before: before?.share, after: spans.length === 0 ? before?.share : share(after) },
      };
    },
  };

  function json(text: string, spans: readonly Span[]) {
    const after = replace(text, spans, formsInText(text, spans, undefined));
    const before = jsonShare(text);
    return { text: after, syntax: { language: "json", before, after: spans.length === 0 ? before : jsonShare(after) } };
  }
}

/** JSON has no grammar here and needs none: it parses or it does not. */
function jsonShare(text: string): number {
  try {
    JSON.parse(text);
    return 0;
  } catch {
    return 1;
  }
}
