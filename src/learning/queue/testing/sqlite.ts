import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite, type Store } from "../../store/index.ts";

/** A new, empty store in a folder of its own, and what removes the folder. */
export async function temporarySqlite(): Promise<{ store: Store; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "qi-queue-"));
  const store = await openSqlite({ folder, secret: Buffer.alloc(32, 7) });
  return { store, remove: () => rm(folder, { recursive: true }) };
}
