import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Instant } from "../model.ts";

/** A log-in. It holds no role: those are the key's, looked up anew with every request, so that a revoked key ends it. */
export interface Session {
  /** Made anew at every log-in, so that no session can be planted before one. */
  readonly id: string;
  readonly keyId: string;
  readonly startedAt: Instant;
  readonly seenAt: Instant;
}

export const SESSION_LIMITS = {
  /** Without a request. */
  idleMs: 30 * 60_000,
  /** Whatever happens. */
  absoluteMs: 12 * 3_600_000,
  /** A cookie is written anew when the one that came is older. */
  refreshMs: 60_000,
  /** How far another replica's clock may be ahead. */
  skewMs: 60_000,
} as const;

const MIN_SECRET_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = "v1";
const body = z.strictObject({ id: z.string(), keyId: z.string(), startedAt: z.int(), seenAt: z.int() });

export interface SessionSeal {
  seal(session: Session): string;
  /** Undefined: not ours, changed by somebody, idle for too long or too old. */
  open(sealed: string, now: Instant): Session | undefined;
  /** The token that a page of this session sends with every change; another site cannot read it. */
  csrf(session: Session): string;
  csrfHolds(session: Session, token: string | undefined): boolean;
}

/**
 * Sealed with AES-256-GCM, so that any replica can open what another sealed, and nobody else can read or change it.
 * Throws on a secret of less than 256 bits.
 */
export function sessionSeal(secret: Uint8Array, random: (bytes: number) => Uint8Array): SessionSeal {
  if (secret.byteLength < MIN_SECRET_BYTES) {
    throw new Error(`the session secret has ${secret.byteLength} bytes: give at least ${MIN_SECRET_BYTES} random ones`);
  }
  const sealingKey = derive(secret, "session");
  const csrfKey = derive(secret, "csrf");
  const csrf = (session: Session) => createHmac("sha256", csrfKey).update(session.id).digest("base64url");

  return {
    csrf,
    csrfHolds: (session, token) => token !== undefined && equal(csrf(session), token),
    seal(session) {
      const iv = random(IV_BYTES);
      const cipher = createCipheriv("aes-256-gcm", sealingKey, iv).setAAD(Buffer.from(VERSION));
      const sealed = [iv, cipher.update(JSON.stringify(session), "utf8"), cipher.final(), cipher.getAuthTag()];
      return `${VERSION}.${Buffer.concat(sealed).toString("base64url")}`;
    },
    open(sealed, now) {
      const session = unseal(sealed, sealingKey);
      return session !== undefined && alive(session, now) ? session : undefined;
    },
  };
}

function derive(secret: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, "", `qi-learning review ${purpose}`, 32));
}

function alive({ startedAt, seenAt }: Session, now: Instant): boolean {
  const { idleMs, absoluteMs, skewMs } = SESSION_LIMITS;
  return seenAt - now <= skewMs && now - seenAt < idleMs && now - startedAt < absoluteMs;
}

function unseal(sealed: string, key: Uint8Array): Session | undefined {
  const [version, text, ...rest] = sealed.split(".");
  if (version !== VERSION || text === undefined || rest.length > 0 || !/^[\w-]+$/.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64url");
  if (bytes.length <= IV_BYTES + TAG_BYTES) return undefined;
  try {
    const opener = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(VERSION))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    const plain = [opener.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), opener.final()];
    return body.parse(JSON.parse(Buffer.concat(plain).toString("utf8")));
  } catch {
    return undefined;
  }
}

function equal(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
