import { breath, type Clock } from "./clock.ts";
import type { Lane } from "./events.ts";
import type { Item } from "./item.ts";

/** Text turned into JSON and then bytes at one go: well under a millisecond. */
const PIECE_UNITS = 65_536;
/** How long the agent's event loop may be held at a time. */
const SLICE_MS = 2;

export type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json | undefined };

export interface Body {
  readonly chunks: readonly Buffer[];
  readonly bytes: number;
}

/** The request body, made in slices between which the event loop turns. */
export async function encode(items: readonly Item[], lane: Lane, clock: Clock): Promise<Body> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let text = `{"${lane}":[`;
  let began = clock.elapsed();
  const seal = () => {
    const chunk = Buffer.from(text);
    chunks.push(chunk);
    bytes += chunk.length;
    text = "";
  };
  for (const [index, item] of items.entries()) {
    if (index > 0) text += ",";
    for (const piece of item.units < PIECE_UNITS ? [JSON.stringify(item.body)] : pieces(item.body)) {
      text += piece;
      if (text.length >= PIECE_UNITS) seal();
      if (clock.elapsed() - began < SLICE_MS) continue;
      await breath(clock);
      began = clock.elapsed();
    }
  }
  text += "]}";
  seal();
  return { chunks, bytes };
}

/** JSON.stringify, but never more than PIECE_UNITS of one text at a time. */
export function* pieces(value: Json): Generator<string> {
  if (typeof value === "string") yield* textPieces(value);
  else if (typeof value !== "object") yield JSON.stringify(value);
  else if (isList(value)) {
    yield "[";
    for (const [index, element] of value.entries()) {
      if (index > 0) yield ",";
      yield* pieces(element);
    }
    yield "]";
  } else {
    let opening = "{";
    for (const [key, element] of Object.entries(value)) {
      if (element === undefined) continue;
      yield `${opening}${JSON.stringify(key)}:`;
      yield* pieces(element);
      opening = ",";
    }
    yield opening === "{" ? "{}" : "}";
  }
}

function* textPieces(text: string): Generator<string> {
  if (text.length <= PIECE_UNITS) return yield JSON.stringify(text);
  yield '"';
  for (let from = 0; from < text.length; ) {
    const to = from + PIECE_UNITS;
    // Both halves of a surrogate pair stay together; apart they would be escaped as if each were broken.
    const end = isHighSurrogate(text.charCodeAt(to - 1)) ? to + 1 : to;
    yield JSON.stringify(text.slice(from, end)).slice(1, -1);
    from = end;
  }
  yield '"';
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
