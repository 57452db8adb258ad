import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from "node:crypto";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";

/** Bytes of every key here. AES-256. */
export const KEY_BYTES = 32;

const NONCE = 12;
const TAG = 16;
const HEAD = 5;
const PLAIN = 0;
const ZSTD = 1;
/** Shorter texts gain nothing by compression. */
const WORTH_COMPRESSING = 256;

/** The key that wraps data keys, derived from the installation's secret (RFC 5869); other purposes derive keys of their own from it. */
export function masterKey(secret: Uint8Array): KeyObject {
  if (secret.length < KEY_BYTES)
    throw new Error(`the store's secret has ${secret.length} bytes; it needs ${KEY_BYTES}`);
  return createSecretKey(Buffer.from(hkdfSync("sha256", secret, "", "qi-learning/data-keys/1", KEY_BYTES)));
}

export function newDataKey(): Buffer {
  return randomBytes(KEY_BYTES);
}

/** `holder` binds the wrapped key to its row: moved to another row it does not open. */
export function wrapKey(master: KeyObject, holder: string, key: Uint8Array): Buffer {
  return encrypt(master, Buffer.from(holder), Buffer.alloc(0), key);
}

export function unwrapKey(master: KeyObject, holder: string, wrapped: Uint8Array): KeyObject {
  return createSecretKey(decrypt(master, Buffer.from(holder), Buffer.alloc(0), wrapped));
}

/**
 * JSON, compressed, then encrypted. `place` says where it belongs (tenant and id): at another place it does not open.
 * Layout: format (1), length of the JSON (4), nonce (12), ciphertext, tag (16).
 */
export function seal(key: KeyObject, place: string, value: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(value));
  const compress = json.length >= WORTH_COMPRESSING;
  const head = Buffer.alloc(HEAD);
  head.writeUInt8(compress ? ZSTD : PLAIN, 0);
  head.writeUInt32BE(json.length, 1);
  return encrypt(key, Buffer.from(place), head, compress ? compressed(json) : json);
}

/** Throws when it was sealed with another key or for another place, or was changed since. */
export function unseal(key: KeyObject, place: string, sealed: Uint8Array): string {
  const head = Buffer.from(sealed.subarray(0, HEAD));
  const bytes = decrypt(key, Buffer.from(place), head, sealed.subarray(HEAD));
  if (head.readUInt8(0) === PLAIN) return bytes.toString();
  const length = head.readUInt32BE(1);
  return zstdDecompressSync(bytes, { chunkSize: Math.max(length, 64), maxOutputLength: length }).toString();
}

function compressed(bytes: Buffer): Buffer {
  return zstdCompressSync(bytes, {
    // The default reserves far more than a text of a few KB needs, and that is most of the time it takes.
    chunkSize: Math.max(bytes.length, 64),
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  });
}

function encrypt(key: KeyObject, place: Buffer, head: Buffer, plain: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.concat([head, place]));
  const body = cipher.update(plain);
  cipher.final();
  return Buffer.concat([head, nonce, body, cipher.getAuthTag()]);
}

function decrypt(key: KeyObject, place: Buffer, head: Buffer, rest: Uint8Array): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", key, rest.subarray(0, NONCE));
  decipher.setAAD(Buffer.concat([head, place]));
  decipher.setAuthTag(rest.subarray(rest.length - TAG));
  const plain = decipher.update(rest.subarray(NONCE, rest.length - TAG));
  decipher.final();
  return plain;
}
