import { createHash, timingSafeEqual } from "node:crypto";
import type { ApiKey } from "../../store/port.ts";

/** `qil_<id>_<secret>`: the id finds the key, the secret (256 random bits) proves it. The prefix lets scanners find leaks. */
const FORMAT = /^qil_([0-9a-z]{16})_([A-Za-z0-9_-]{43})$/;

export interface PresentedKey {
  readonly id: string;
  readonly hash: string;
}

/** A key as somebody presents it; undefined: it does not look like one of ours. The secret goes no further than here. */
export function readApiKey(text: string): PresentedKey | undefined {
  const [, id, secret] = FORMAT.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, hash: hashOf(secret) };
}

/** Random bytes, as many as asked for. */
export type RandomBytes = (size: number) => Uint8Array;

/** A new key: what its owner gets, and what is kept of it. */
export function newApiKey(random: RandomBytes): PresentedKey & { readonly key: string } {
  const id = Buffer.from(random(8)).toString("hex");
  const secret = Buffer.from(random(32)).toString("base64url");
  return { id, hash: hashOf(secret), key: `qil_${id}_${secret}` };
}

/** In constant time. A plain hash suffices: nobody guesses 256 random bits. */
export function proves(presented: PresentedKey, key: ApiKey): boolean {
  const [a, b] = [Buffer.from(presented.hash), Buffer.from(key.hash)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const hashOf = (secret: string) => createHash("sha256").update(secret).digest("hex");
