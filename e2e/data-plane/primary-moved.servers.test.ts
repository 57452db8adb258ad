import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { startPostgres } from "../../src/testing/servers/index.ts";
import { startProxy } from "../../src/testing/servers/proxy.ts";
import { Load } from "./load.ts";
import { ADMIN_KEY, invariant, startPlane } from "./plane.ts";

describe("the data plane when Postgres's primary is lost", () => {
  it("goes on with the synchronous standby that was promoted, and has lost nothing that was accepted", async () => {
    await using primary = await startPostgres();
    const database = new URL(await primary.createDatabase());
    await using standby = await startPostgres({ standbyOf: primary });
    await run(primary.url, "ALTER SYSTEM SET synchronous_standby_names = '*'");
    await run(primary.url, "SELECT pg_reload_conf()");
    await using service = await startProxy(primary);
    database.port = String(service.port);
    await using plane = await startPlane({ postgres: primary, databaseUrl: database.href });
    const load = new Load({ url: () => plane.api.url, key: ADMIN_KEY, seed: 99, canaries: [] });
    await sleep(1500);
    await primary.kill();
    await sleep(1000);
    await run(standby.url, "SELECT pg_promote()");
    service.moveTo(standby);
    await sleep(2000);
    await load.stop();
    expect(load.repeated).toBeGreaterThan(0);
    await invariant(plane, load);
    expect(load.accepted.size).toBeGreaterThan(40);
  });
});

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}
