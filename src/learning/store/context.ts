import type { Instant } from "../model.ts";
import type { Keyring } from "./keyring.ts";
import type { Database } from "./sql/database.ts";

/** What every part of the store works with. */
export interface Context {
  readonly database: Database;
  readonly keyring: Keyring;
  /** For what the port gives no time to: leases that ended, keys remembered. */
  readonly clock: () => Instant;
}
