import { setImmediate as turn } from "node:timers/promises";
import { isStringOneByteRepresentation } from "node:v8";
import type { SpareMemory } from "./memory.ts";
import { encodingOf, LONGEST_PIECE, piecesOf, textOf, type Units } from "./text/pieces.ts";

/**
 * A value of JSON's kinds as a message between threads. Cloned whole, a text of ten million characters holds up the loop
 * of whoever sends or receives it for tens of milliseconds; so long texts stand beside the value, in memory that changes
 * hands and is written a piece at a time. A long text that comes back as it went is not sent back at all.
 */
export interface Parcel<T> {
  /**
   * In it, a bigint is the number of a long text, of which the receiver's own come first; one below zero, counted from
   * -1, that of a wide object written as JSON: JSON has no bigints.
   */
  readonly value: unknown;
  /** Units as the engine holds them, of one byte or of two: lone surrogates survive. Their memory is to be transferred. */
  readonly texts: readonly Units[];
  /** What the receiver may use again. To be transferred, too. */
  readonly spare?: readonly ArrayBuffer[];
  /** What it is once it is opened; never there. */
  readonly of?: T;
}

/** In UTF-16 units. What is shorter is cloned in a fraction of a millisecond. */
export const LONG = 131_072;
/** Fields of one object. Each name that it has not met before costs the engine a microsecond, cloned, but not as JSON. */
const WIDE = 512;
/** Without long texts, or where nobody minds. */
export function whole<T>(value: T): Parcel<T> {
  return { value, texts: [] };
}

/** For a receiver that has the texts of `had` already. Adds those that are sent to it. */
export async function packed<T>(value: T, had: string[], memory: SpareMemory): Promise<Parcel<T>> {
  const before = had.length;
  const numberOf = (text: string) => {
    const at = had.indexOf(text);
    return at >= 0 ? at : had.push(text) - 1;
  };
  const short = replaced(value, (each) => {
    if (typeof each === "string" && each.length >= LONG) return BigInt(numberOf(each));
    return isWide(each) ? BigInt(-1 - numberOf(JSON.stringify(each))) : each;
  });
  const texts: Units[] = [];
  for (const text of had.slice(before)) texts.push(await copied(text, memory));
  return { value: short, texts };
}

/** What is given to another thread with a parcel. */
export function memoryOf({ texts, spare = [] }: Parcel<unknown>): ArrayBuffer[] {
  return [...texts.map(({ buffer }) => buffer), ...spare];
}

/**
 * What was packed for a receiver that has the texts of `had`. Adds those that were sent to it, and keeps their memory.
 * To put the pieces of a text together is one long step, of a millisecond for a megabyte: for a thread that reads each
 * unit, which is faster then, and not for one whose loop must turn.
 */
export async function opened<T>(
  { value, texts, spare = [] }: Parcel<T>,
  had: string[],
  memory: SpareMemory,
  inOnePiece = false,
): Promise<T> {
  for (const units of texts) {
    had.push(inOnePiece ? textOf(units) : await read(units));
    memory.keep(units.buffer);
  }
  for (const buffer of spare) memory.keep(buffer);
  const restored =
    had.length === 0
      ? value
      : replaced(value, (each) => {
          if (typeof each !== "bigint") return each;
          return each >= 0 ? had[Number(each)] : JSON.parse(had[Number(-1n - each)] ?? "");
        });
  // Each bigint is the text again that it stood for, and nothing else was touched.
  return restored as T;
}

/** A piece between two turns of the loop: a fraction of a millisecond. */
async function copied(text: string, memory: SpareMemory): Promise<Units> {
  const units = isStringOneByteRepresentation(text)
    ? new Uint8Array(memory.take(text.length), 0, text.length)
    : new Uint16Array(memory.take(2 * text.length), 0, text.length);
  const bytes = Buffer.from(units.buffer, 0, units.byteLength);
  for (let at = 0; at < text.length; at += LONGEST_PIECE) {
    await turn();
    bytes.write(text.slice(at, at + LONGEST_PIECE), at * units.BYTES_PER_ELEMENT, encodingOf(units));
  }
  return units;
}

async function read(units: Units): Promise<string> {
  let text = "";
  for (const piece of piecesOf(units)) {
    await turn();
    text += piece;
  }
  return text;
}

function isWide(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > WIDE;
}

/** The same value, with parts of it replaced, which are not looked into. What has nothing to replace is not copied. */
function replaced(value: unknown, replace: (part: unknown) => unknown): unknown {
  const instead = replace(value);
  if (instead !== value || typeof value !== "object" || value === null) return instead;
  const entries = Object.entries(value);
  let changed = false;
  for (const entry of entries) {
    const after = replaced(entry[1], replace);
    changed ||= after !== entry[1];
    entry[1] = after;
  }
  if (!changed) return value;
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}
