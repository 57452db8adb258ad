import { createHmac, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import type { KeyedHash, Tenant } from "../model.ts";

/** What a hash is for. The same value hashed for two purposes, or for two tenants, has nothing in common. */
export type HashPurpose = "session" | "subject" | "repository" | "body" | "derived-id";

/** Turns what must not be stored into what can be compared: HMAC-SHA256 under a key of its own (RFC 5869). */
export type KeyedHasher = (tenant: Tenant, purpose: HashPurpose, value: string) => KeyedHash;

const MIN_SECRET_BYTES = 32;

/** `secret` is the install's master secret: whoever has it can test guesses, whoever loses it loses all links. */
export function keyedHasher(secret: Uint8Array): KeyedHasher {
  if (secret.length < MIN_SECRET_BYTES) throw new Error(`the master secret has less than ${MIN_SECRET_BYTES} bytes`);
  const keys = new Map<string, KeyObject>();
  const keyOf = (tenant: Tenant, purpose: HashPurpose) => {
    const name = `${purpose}\0${tenant}`;
    const known = keys.get(name);
    if (known !== undefined) return known;
    const key = createSecretKey(Buffer.from(hkdfSync("sha256", secret, tenant, `qi-learning ${purpose}`, 32)));
    keys.set(name, key);
    return key;
  };
  return (tenant, purpose, value) => createHmac("sha256", keyOf(tenant, purpose)).update(value).digest("hex");
}
