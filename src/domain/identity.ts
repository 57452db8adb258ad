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

/** The longest name that a ModelVersion may have. */
export const LONGEST_VERSION_NAME = 52;

/** The name of a ModelVersion: whose it is, and what it is. Never a counter, which two clusters would give differently. */
export function modelVersionName(owner: string, identity: ModelIdentity): string {
  return nameWith(owner, `-${identityDigest(identity).slice(0, 8)}`, LONGEST_VERSION_NAME);
}

/** A name made from another's: that one is cut where the whole would be longer than names of its kind may be. */
export function nameWith(name: string, suffix: string, longest: number): string {
  return `${name.slice(0, longest - suffix.length).replace(/-+$/, "")}${suffix}`;
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
