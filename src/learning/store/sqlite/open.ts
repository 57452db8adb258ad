import { mkdir } from "node:fs/promises";
import type { Instant } from "../../model.ts";
import { Keyring } from "../keyring.ts";
import type { Store } from "../port.ts";
import { storeOver } from "../store.ts";
import { connectSqlite } from "./connection.ts";

export interface SqliteOptions {
  /** Made when it is not there. */
  readonly folder: string;
  /** At least 32 bytes; wraps the keys of what is stored. Without it nothing can be read. */
  readonly secret: Uint8Array;
  readonly clock?: () => Instant;
}

/** Throws StoreInUse when another process has it open, SchemaMismatch when a newer program made it. */
export async function openSqlite({ folder, secret, clock = Date.now }: SqliteOptions): Promise<Store> {
  const keyring = new Keyring(secret, clock);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return storeOver({ database: await connectSqlite(folder), keyring, clock });
}
