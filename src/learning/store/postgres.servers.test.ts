import { afterAll, beforeAll } from "vitest";
import { type PostgresServer, startPostgres } from "../../testing/servers/index.ts";
import { Keyring } from "./keyring.ts";
import { migratePostgres } from "./postgres/migrate.ts";
import { openDatabase, openPostgres } from "./postgres/open.ts";
import { storeOver } from "./store.ts";
import { storeConformance } from "./testing/conformance.ts";
import { SettableClock } from "./testing/settable-clock.ts";
import type { StoreUnderTest } from "./testing/suite.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.[Symbol.asyncDispose]());

const secret = Buffer.alloc(32, 7);

async function postgresUnderTest(): Promise<StoreUnderTest> {
  const url = await server.createDatabase();
  const clock = new SettableClock();
  await migratePostgres({ url, clock: clock.now });
  const database = await openDatabase({ url, secret, clock: clock.now });
  const store = storeOver({ database, keyring: new Keyring(secret, clock.now), clock: clock.now });
  return {
    store,
    clock,
    rows: (sql, ...params) => database.query(sql, ...params),
    another: () => openPostgres({ url, secret, clock: clock.now }),
    filesWith: (needle) => server.filesWith(needle),
    [Symbol.asyncDispose]: () => store.close(),
  };
}

storeConformance("Postgres", postgresUnderTest);
