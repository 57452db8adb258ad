import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PostgresServer, startPostgres } from "../../../testing/servers/index.ts";
import { startProxy } from "../../../testing/servers/proxy.ts";
import { SchemaMismatch, StoreUnavailable } from "../errors.ts";
import { openStore } from "../open.ts";
import { DAY, feedback, idAt, interaction, keyOf, policies, score } from "../testing/sample.ts";
import { migratePostgres } from "./migrate.ts";
import { openPostgres } from "./open.ts";

const secret = Buffer.alloc(32, 7);
/** Days are made around the real time, so these tests live in it. */
const NOW = Date.now();
const some = (count: number, text = "text") =>
  Array.from({ length: count }, () => interaction({ id: idAt(NOW), facts: { at: NOW }, content: { input: text } }));

async function ask(url: string, statement: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

describe("tables in Postgres", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it("are made once by twenty that start at the same time, and by who comes later not again", async () => {
    const url = await server.createDatabase();
    await Promise.all(Array.from({ length: 20 }, () => migratePostgres({ url })));
    await migratePostgres({ url });
    expect(await ask(url, "SELECT version FROM schema_version")).toEqual([{ version: 1 }]);
    const store = await openPostgres({ url, secret });
    expect(await store.interactions.accept(some(3), NOW)).toEqual(["created", "created", "created"]);
    await store.close();
  });

  it("are made whole or not at all when the server is killed meanwhile", async () => {
    const url = await server.createDatabase();
    // It tries for a while by itself; a process that gave up is started again.
    const migrating = migratePostgres({ url }).catch((error: unknown) => error);
    await server.kill();
    await server.start();
    expect(await migrating).toSatisfy((error) => error === undefined || error instanceof StoreUnavailable);
    await migratePostgres({ url });
    const store = await openPostgres({ url, secret });
    expect(await store.interactions.accept(some(1), NOW)).toEqual(["created"]);
    await store.close();
  });

  it("of a newer program are left alone, and without any nobody serves", async () => {
    const url = await server.createDatabase();
    await expect(openPostgres({ url, secret })).rejects.toThrow(SchemaMismatch);
    await migratePostgres({ url });
    await ask(url, "INSERT INTO schema_version (version) VALUES (99)");
    await expect(migratePostgres({ url })).rejects.toThrow(SchemaMismatch);
    await expect(openPostgres({ url, secret })).rejects.toThrow(SchemaMismatch);
  });

  it("have a day for two weeks ahead, none by default, and a day that is missing is made by who needs it", async () => {
    const url = await server.createDatabase();
    await migratePostgres({ url, clock: () => NOW });
    const days = await ask(
      url,
      `SELECT pg_get_expr(c.relpartbound, c.oid) AS bound FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid
       WHERE h.inhparent = 'interaction'::regclass`,
    );
    expect(days).toHaveLength(8 + 1 + 14);
    expect(days.filter(({ bound }) => bound === "DEFAULT")).toEqual([]);
    const later = NOW + 30 * DAY;
    const store = await openPostgres({ url, secret, clock: () => later });
    const item = interaction({ id: idAt(later), facts: { at: later } });
    expect(await store.interactions.accept([item], later)).toEqual(["created"]);
    await store.close();
  });

  it("serve a role that may change rows and nothing of their shape", async () => {
    const owner = new URL(await server.createDatabase());
    const role = `app_${owner.pathname.slice(1)}`;
    await ask(owner.href, `CREATE ROLE ${role} LOGIN PASSWORD 'app'`);
    const url = Object.assign(new URL(owner), { username: role, password: "app" }).href;
    const store = await openStore({ kind: "postgres", url, ownerUrl: owner.href, secret });
    await store.policies.replace(policies(1));
    const [item] = some(1);
    if (item === undefined) throw new Error("one was made");
    expect(await store.interactions.accept([item], NOW)).toEqual(["created"]);
    expect(await store.interactions.acceptFeedback([feedback(keyOf(item), undefined, { id: idAt(NOW) })], NOW)).toEqual(
      ["created"],
    );
    expect(await store.assessments.put([score(keyOf(item), { feedbackSeq: 1, review: "Audit" })], NOW)).toEqual([true]);
    await store.maintain(NOW + DAY);
    await store.erasures.erase({ id: "e", tenant: "acme", subject: "ann" }, NOW);
    await store.close();
    for (const statement of [
      "DROP TABLE work",
      "TRUNCATE interaction",
      "ALTER TABLE score ADD COLUMN x int",
      "CREATE TABLE mine (x int)",
      "INSERT INTO schema_version (version) VALUES (2)",
    ])
      await expect(ask(url, statement), statement).rejects.toThrow(/permission denied|must be owner/);
  });
});

describe("a store on a Postgres", () => {
  it("whose connections are half open hears of it by silence, and stores what it was given once", async () => {
    await using server = await startPostgres();
    await using proxy = await startProxy(server);
    const url = new URL(await server.createDatabase());
    await migratePostgres({ url: url.href });
    url.port = String(proxy.port);
    const store = await openPostgres({ url: url.href, secret, statementMs: 500, connections: 3 });
    const [first, second] = [some(5), some(5)];
    await store.interactions.accept(first, NOW);
    proxy.silence();
    let outcomes: readonly string[] = [];
    for (let tries = 0; outcomes.length === 0 && tries < 5; tries++)
      outcomes = await store.interactions.accept(second, NOW).catch((error: unknown) => {
        expect(error).toBeInstanceOf(StoreUnavailable);
        return [];
      });
    expect(new Set(outcomes)).toEqual(new Set(["created"]));
    expect(await store.interactions.load([...first, ...second].map(keyOf))).toHaveLength(10);
    expect((await store.work.figures(NOW)).waiting).toBe(10);
    await store.close();
  });

  it("whose disk is full refuses, has all that it accepted, and goes on once there is room", async () => {
    await using server = await startPostgres({ diskSize: "160m" });
    const url = await server.createDatabase();
    await migratePostgres({ url });
    const store = await openPostgres({ url, secret, statementMs: 3000 });
    // A new segment of the log, so that rows find no room before the log does: without that, Postgres ends.
    await ask(url, "SELECT pg_switch_wal()");
    await ask(url, "CHECKPOINT");
    await server.exec([
      "sh",
      "-c",
      "head -c $(($(df -k --output=avail /data | tail -1) - 1500))k /dev/zero > /data/full",
    ]);
    const accepted: ReturnType<typeof some> = [];
    const accept = async (batch: number) => {
      const items = some(10, randomText(20_000, batch));
      expect(new Set(await store.interactions.accept(items, NOW))).toEqual(new Set(["created"]));
      accepted.push(...items);
    };
    let refused: unknown;
    for (let batch = 0; refused === undefined && batch < 30; batch++)
      await accept(batch).catch((error: unknown) => {
        refused = error;
      });
    expect(refused).toBeInstanceOf(StoreUnavailable);
    await server.exec(["rm", "/data/full"]);
    await accept(100);
    expect(await store.interactions.load(accepted.map(keyOf))).toHaveLength(accepted.length);
    expect((await store.work.figures(NOW)).waiting).toBe(accepted.length);
    await store.close();
  });
});

/** That no compression makes small, and no other seed gives. */
function randomText(length: number, seed: number): string {
  let state = seed + 1;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return String.fromCharCode(32 + (state >>> 24) / 3);
  }).join("");
}
