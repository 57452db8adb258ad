import type { Instant, Tenant } from "../../model.ts";
import type { KeyStore } from "../../store/port.ts";
import type { PresentedKey } from "./api-key.ts";

/**
 * Makes sure that the install's first admin key is there; it makes all others. Safe from several processes at once. A
 * bootstrap key that was revoked stays so: a restart must not bring it back.
 */
export async function ensureBootstrapKey(
  keys: Pick<KeyStore, "add" | "find">,
  { id, hash }: PresentedKey,
  tenant: Tenant,
  now: Instant,
): Promise<void> {
  if ((await keys.find(id)) !== undefined) return;
  try {
    await keys.add({ id, hash, tenant, name: "bootstrap", roles: ["admin"], createdAt: now, revokedAt: undefined });
  } catch (error) {
    // Another process was faster.
    if ((await keys.find(id)) === undefined) throw error;
  }
}
