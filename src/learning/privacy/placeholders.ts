import { createHmac } from "node:crypto";
import type { KeyedHash, Placeholders, RedactionCounts } from "../model.ts";

/** Gives each value of a type its number, the same one each time, and counts. Values are kept as keyed hashes only. */
export interface Numbering {
  /** `EMAIL_1` */
  nameOf(type: string, value: string): string;
  readonly counts: RedactionCounts;
  readonly placeholders: Placeholders;
}

/** What identifies a value to its tenant: without the key, not even the same value in two tenants looks the same. */
export type Hash = (type: string, value: string) => KeyedHash;

export function keyedHash(secret: Uint8Array, tenant: string): Hash {
  return (type, value) => {
    const hmac = createHmac("sha256", secret);
    // As JSON, so that no two of three parts read the same; a value of megabytes, after it, costs too much that way.
    if (value.length <= LONG) hmac.update(JSON.stringify([tenant, type, value]));
    else hmac.update(JSON.stringify([tenant, type])).update(value, "utf16le");
    return hmac.digest("hex");
  };
}

/**
 * So many values of one interaction are told apart, more than anybody writes; each costs a hash that is stored with it.
 * Those beyond are all the same one, of number 0.
 */
const MOST_VALUES = 5_000;

/** Such values are the rest of a text that was taken out whole. In UTF-16 units. */
const LONG = 65_536;

/** Numbers go on from those of `known` and after those that `taken` says stand in the text already. */
export function numbering(hash: Hash, known: Placeholders, taken: ReadonlyMap<string, number>): Numbering {
  const placeholders: Record<KeyedHash, string> = { ...known };
  const counts: Record<string, number> = {};
  const last = new Map(taken);
  for (const name of Object.values(known)) raise(last, name);
  // One HMAC for each value, not for each time it stands there.
  const seen = new Map<string, string>();
  const before = Object.keys(known).length;
  let told = before;
  return {
    placeholders,
    counts,
    nameOf(type, value) {
      counts[type] = (counts[type] ?? 0) + 1;
      const plain = normal(type, value);
      const key = plain.length > LONG ? undefined : `${type} ${plain}`;
      const same = key === undefined ? undefined : seen.get(key);
      if (same !== undefined) return same;
      // All that have a name were seen here then.
      if (told >= MOST_VALUES && before === 0 && key !== undefined) return `${type}_0`;
      const id = hash(type, plain);
      let name = placeholders[id];
      if (name === undefined) {
        if (told >= MOST_VALUES) return `${type}_0`;
        told += 1;
        const number = (last.get(type) ?? 0) + 1;
        last.set(type, number);
        name = `${type}_${number}`;
        placeholders[id] = name;
      }
      if (key !== undefined) seen.set(key, name);
      return name;
    },
  };
}

function raise(last: Map<string, number>, name: string): void {
  const cut = name.lastIndexOf("_");
  const number = Number(name.slice(cut + 1));
  const type = name.slice(0, cut);
  if (Number.isSafeInteger(number) && number > (last.get(type) ?? 0)) last.set(type, number);
}

/** The greatest number of each type that stands in the texts as if it were a placeholder: none of them is given again. */
export function takenIn(texts: Iterable<string>, types: readonly string[]): Map<string, number> {
  const taken = new Map<string, number>();
  const shape = new RegExp(String.raw`\b(?:${types.join("|")})_\d{1,9}\b`, "g");
  for (const text of texts) {
    // Most text has no capitals before an underscore and a digit at all.
    if (!text.includes("_")) continue;
    for (const match of text.matchAll(shape)) raise(taken, match[0]);
  }
  return taken;
}

/** One value in all the ways it is written. */
function normal(type: string, value: string): string {
  switch (type) {
    case "EMAIL":
    case "IP":
      return value.toLowerCase();
    case "PHONE":
    case "CARD":
      return value.replace(/\D/g, "") || value;
    case "IBAN":
    case "NATIONAL_ID":
      return value.replace(/[^\dA-Za-z]/g, "").toUpperCase() || value;
    default:
      return value;
  }
}
