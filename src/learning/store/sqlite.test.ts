import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Keyring } from "./keyring.ts";
import { connectSqlite } from "./sqlite/connection.ts";
import { storeOver } from "./store.ts";
import { storeConformance } from "./testing/conformance.ts";
import { SettableClock } from "./testing/settable-clock.ts";
import type { StoreUnderTest } from "./testing/suite.ts";

async function sqliteUnderTest(): Promise<StoreUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "qi-store-"));
  const clock = new SettableClock();
  const database = await connectSqlite(folder);
  const store = storeOver({ database, keyring: new Keyring(Buffer.alloc(32, 7), clock.now), clock: clock.now });
  return {
    store,
    clock,
    rows: (sql, ...params) => database.query(sql, ...params),
    another: async () => undefined,
    async filesWith(needle) {
      const names = await readdir(folder);
      const held = await Promise.all(names.map(async (name) => (await readFile(join(folder, name))).includes(needle)));
      return names.filter((_, index) => held[index]);
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

storeConformance("SQLite", sqliteUnderTest);
