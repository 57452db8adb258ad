import { createHash } from "node:crypto";

/** What answers: two versions with equal identities answer alike. */
export interface ModelIdentity {
  readonly sha256: string;
  readonly template: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** SHA-256 over the identity in canonical form (keys sorted), in hex. */
export function identityDigest({ sha256, template, parameters }: ModelIdentity): string {
  return sha256Hex(canonicalJson({ sha256, template, parameters }));
}

/** The name of a ModelVersion: whose it is, and what it is. Never a counter, which two clusters would give differently. */
export function modelVersionName(owner: string, identity: ModelIdentity): string {
  return `${owner}-${identityDigest(identity).slice(0, 8)}`;
}

export function sha256Hex(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** JSON with keys sorted at every depth, so that equal values give equal bytes. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
