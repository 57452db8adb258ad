import { rawRange, type View } from "../text/view.ts";
import { type Landmarks, landmarksOf } from "./landmarks.ts";

/** Names of placeholders; a pattern of the policy adds its own. */
export type EntityType = string;

/** A stretch of the raw text that must not be kept. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly type: EntityType;
}

/** One text under inspection. Detectors read `text` and report stretches of it; they come out as stretches of `raw`. */
export interface Scan {
  readonly raw: string;
  readonly view: View;
  /** The view's text. */
  readonly text: string;
  readonly landmarks: Landmarks;
  /** Best evidence first: what is found later yields where it overlaps. */
  readonly found: Span[];
  report(start: number, end: number, type: EntityType): void;
  /** Of the raw text. */
  reportRaw(start: number, end: number, type: EntityType): void;
}

export type Detector = (scan: Scan) => void;

export function scanOf(raw: string, view: View): Scan {
  const found: Span[] = [];
  return {
    raw,
    view,
    text: view.text,
    landmarks: landmarksOf(view.text),
    found,
    report(start, end, type) {
      if (end > start) found.push({ ...rawRange(view, start, end), type });
    },
    reportRaw(start, end, type) {
      if (end > start) found.push({ start, end, type });
    },
  };
}

/** Without overlaps, in the text's order: what was reported first keeps its type and grows over what it overlaps. */
export function disjoint(spans: readonly Span[]): Span[] {
  if (spans.length < 2) return [...spans];
  const ranked = spans.map((span, rank) => ({ ...span, rank })).sort((a, b) => a.start - b.start || a.rank - b.rank);
  const merged: (Span & { rank: number })[] = [];
  for (const span of ranked) {
    const last = merged.at(-1);
    if (last === undefined || span.start >= last.end) merged.push(span);
    else {
      const better = span.rank < last.rank ? span : last;
      merged[merged.length - 1] = { ...better, start: last.start, end: Math.max(last.end, span.end) };
    }
  }
  return merged.map(({ start, end, type }) => ({ start, end, type }));
}
