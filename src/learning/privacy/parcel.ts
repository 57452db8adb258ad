import { setImmediate as turn } from "node:timers/promises";

/**
 * A value of JSON's kinds as a message between threads. Cloned whole, a text of ten million characters holds up the loop
 * of whoever sends or receives it for tens of milliseconds; so long texts stand beside the value, in memory that changes
 * hands and is written a piece at a time. A long text that comes back as it went is not sent back at all.
 */
export interface Parcel<T> {
  /** In it, a bigint is the number of a long text, of which the receiver's own come first: JSON has no bigints. */
  readonly value: unknown;
  /** To be transferred. UTF-16, as the engine holds it: lone surrogates survive. */
  readonly texts: readonly ArrayBuffer[];
  /** What it is once it is opened; never there. */
  readonly of?: T;
}

/** In UTF-16 units. What is shorter is cloned in a fraction of a millisecond. */
export const LONG = 131_072;
/** Written or read between two turns of the loop, in UTF-16 units: a millisecond. */
const PIECE = 1_048_576;

/** Without long texts, or where nobody minds. */
export function whole<T>(value: T): Parcel<T> {
  return { value, texts: [] };
}

/** For a receiver that has the texts of `had` already. Adds those that are sent to it. */
export async function packed<T>(value: T, had: string[]): Promise<Parcel<T>> {
  const before = had.length;
  const short = replaced(value, (each) => {
    if (typeof each !== "string" || each.length < LONG) return each;
    const at = had.indexOf(each);
    return BigInt(at >= 0 ? at : had.push(each) - 1);
  });
  const texts: ArrayBuffer[] = [];
  for (const text of had.slice(before)) texts.push(await copied(text));
  return { value: short, texts };
}

/** What was packed for a receiver that has the texts of `had`. Adds those that were sent to it. */
export async function opened<T>({ value, texts }: Parcel<T>, had: string[]): Promise<T> {
  for (const text of texts) {
    had.push(await read(text));
    // Its memory is free again now, not when a collector comes by.
    text.transfer(0);
  }
  const restored =
    had.length === 0 ? value : replaced(value, (each) => (typeof each === "bigint" ? had[Number(each)] : each));
  // Each bigint is the text again that it stood for, and nothing else was touched.
  return restored as T;
}

async function copied(text: string): Promise<ArrayBuffer> {
  const memory = new ArrayBuffer(2 * text.length);
  const bytes = Buffer.from(memory);
  for (let at = 0; at < text.length; at += PIECE) {
    await turn();
    bytes.write(text.slice(at, at + PIECE), 2 * at, "utf16le");
  }
  return memory;
}

async function read(memory: ArrayBuffer): Promise<string> {
  const bytes = Buffer.from(memory);
  let text = "";
  for (let at = 0; at < bytes.length; at += 2 * PIECE) {
    await turn();
    text += bytes.toString("utf16le", at, at + 2 * PIECE);
  }
  return text;
}

/** The same value, with what is neither object nor array in it replaced. What has nothing to replace is not copied. */
function replaced(value: unknown, replace: (leaf: unknown) => unknown): unknown {
  if (typeof value !== "object" || value === null) return replace(value);
  if (Array.isArray(value)) {
    const items = value.map((item) => replaced(item, replace));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const entries = Object.entries(value).map(([key, of]) => [key, of, replaced(of, replace)] as const);
  return entries.some(([, before, after]) => before !== after)
    ? Object.fromEntries(entries.map(([key, , after]) => [key, after]))
    : value;
}
