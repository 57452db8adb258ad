import { rawRange, type View } from "../text/view.ts";
import { type Landmarks, landmarksBefore, landmarksOf } from "./landmarks.ts";

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
  /** From where on the text was taken out whole, see allowanceOf; its length: nowhere. */
  rest: number;
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
    rest: view.text.length,
    report(start, end, type) {
      if (end <= start) return;
      const range = rawRange(view, start, end);
      found.push({ start: range.start, end: range.end, type });
    },
    reportRaw(start, end, type) {
      if (end > start) found.push({ start, end, type });
    },
  };
}

/** What stands across the place from where on all is taken out is still found, as far as this reaches behind it. */
const MARGIN = 65_536;

/** For the next detector: without what is taken out whole already. */
export function withoutRest(scan: Scan): Scan {
  const end = scan.rest + MARGIN;
  if (end >= scan.text.length) return scan;
  return {
    ...scan,
    raw: scan.raw.slice(0, rawRange(scan.view, 0, end).end),
    text: scan.text.slice(0, end),
    landmarks: landmarksBefore(scan.landmarks, end),
  };
}

/** Without overlaps, in the text's order: what was reported first keeps its type and grows over what it overlaps. */
export function disjoint(spans: readonly Span[]): Span[] {
  if (spans.length < 2) return [...spans];
  const ranked = spans
    .map(({ start, end, type }, rank) => ({ start, end, type, rank }))
    .sort((a, b) => a.start - b.start || a.rank - b.rank);
  const merged: typeof ranked = [];
  for (const span of ranked) {
    const last = merged.at(-1);
    if (last === undefined || span.start >= last.end) merged.push(span);
    else {
      if (span.rank < last.rank) {
        last.rank = span.rank;
        last.type = span.type;
      }
      last.end = Math.max(last.end, span.end);
    }
  }
  return merged.map(({ start, end, type }) => ({ start, end, type }));
}

/** So many places one detector judges in a text, unless it says fewer; a megabyte of nothing but short numbers has fewer. */
const MOST_JUDGED = 150_000;

/**
 * Asked before each place that is costly to judge. Where there are more of them than people write, the rest of the text
 * is taken out whole: looking at all of it would cost more than its length, and leaving it would be a way around us.
 */
export function allowanceOf(scan: Scan, most = MOST_JUDGED): (at: number) => boolean {
  let left = most;
  return (at) => {
    left -= 1;
    if (left === 0) {
      scan.report(at, scan.text.length, "SECRET");
      scan.rest = at;
    }
    return left > 0;
  };
}
