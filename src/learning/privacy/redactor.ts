import type { PrivacyPolicy } from "../../api/learning/policies.ts";
import { detectorsOf, typesOf } from "./detect/index.ts";
import { disjoint, type Span, scanOf, withoutRest } from "./detect/scan.ts";
import { viewOf } from "./text/view.ts";

/** The pure core: finds what must not be kept. Knows nothing of bodies, threads or numbers of placeholders. */
export interface Redactor {
  /** Types of placeholders that it can make. */
  readonly types: readonly string[];
  /** What must be replaced, without overlaps, in the text's order. Finds nothing more in its own result. */
  find(text: string): readonly Span[];
}

/** Passes after the first; each sees what the one before left, and in practice the second finds nothing. */
const MOST_PASSES = 4;
/** A text with more findings than this, or one too dense to judge, is not looked at again: it costs as much as the first time. */
const MOST_SPANS = 2_000;

/** Throws InvalidPattern where a pattern of the policy cannot be used. */
export function createRedactor(policy: Pick<PrivacyPolicy, "detect" | "custom">): Redactor {
  const detectors = detectorsOf(policy);

  function once(text: string): { spans: Span[]; dense: boolean } {
    if (text.length < 3) return { spans: [], dense: false };
    let scan = scanOf(text, viewOf(text));
    const { length } = scan.text;
    for (const detect of detectors) {
      detect(scan);
      scan = withoutRest(scan);
    }
    return { spans: disjoint(scan.found), dense: scan.rest < length };
  }

  return {
    types: typesOf(policy),
    find(text) {
      const first = once(text);
      let { spans } = first;
      if (first.dense) return spans;
      // Taking something out changes what its neighbours stand beside: look again until nothing more is found, so that
      // redacting twice gives what redacting once gave.
      for (let pass = 0; spans.length > 0 && spans.length <= MOST_SPANS && pass < MOST_PASSES; pass += 1) {
        const { text: replaced, rawOf } = withStandIns(text, spans);
        const { spans: more } = once(replaced);
        if (more.length === 0) break;
        spans = disjoint([
          ...spans,
          ...more.map(({ start, end, type }) => ({ start: rawOf(start, false), end: rawOf(end, true), type })),
        ]);
      }
      return spans;
    },
  };
}

/** The text as it would be, and the way back from places in it. */
function withStandIns(
  text: string,
  spans: readonly Span[],
): { text: string; rawOf: (at: number, end: boolean) => number } {
  const pieces: string[] = [];
  const shifts: { at: number; until: number; span: Span }[] = [];
  let from = 0;
  let length = 0;
  for (const span of spans) {
    const stand = `<${span.type}_1>`;
    pieces.push(text.slice(from, span.start), stand);
    length += span.start - from;
    shifts.push({ at: length, until: length + stand.length, span });
    length += stand.length;
    from = span.end;
  }
  pieces.push(text.slice(from));
  const rawOf = (at: number, end: boolean) => {
    let low = 0;
    let high = shifts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((shifts[middle]?.at ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    const before = shifts[low - 1];
    if (before === undefined) return at;
    if (at < before.until) return end ? before.span.end : before.span.start;
    return before.span.end + at - before.until;
  };
  return { text: pieces.join(""), rawOf };
}
