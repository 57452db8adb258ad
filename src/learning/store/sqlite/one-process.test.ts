import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SchemaMismatch, StoreInUse, StoreUnavailable } from "../errors.ts";
import { Keyring } from "../keyring.ts";
import { storeOver } from "../store.ts";
import { feedback, idAt, interaction, keyOf, NOW, tenantOf } from "../testing/sample.ts";
import { connectSqlite } from "./connection.ts";
import { openSqlite } from "./open.ts";

const secret = Buffer.alloc(32, 7);
const WRITER = join(import.meta.dirname, "..", "testing", "writing-sqlite.ts");

describe("a SQLite store", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "qi-sqlite-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Another process that stores one interaction after the other, and says the id of each once it is answered. */
  const writer = async () => {
    const child = spawn(process.execPath, [WRITER, folder], { stdio: ["ignore", "pipe", "inherit"] });
    const ids: string[] = [];
    const lines = createInterface({ input: child.stdout });
    lines.on("line", (id) => ids.push(id));
    await once(lines, "line");
    return { child, ids };
  };

  it("is one process's: another finds it in use, and it is free once that one was killed", async () => {
    const { child } = await writer();
    await expect(openSqlite({ folder, secret })).rejects.toThrow(StoreInUse);
    child.kill("SIGKILL");
    await once(child, "close");
    const store = await openSqlite({ folder, secret });
    await store.close();
  });

  it("has all that was answered, each with its row of work, after a kill -9 in the middle", async () => {
    const { child, ids } = await writer();
    child.kill("SIGKILL");
    await once(child, "close");
    const store = await openSqlite({ folder, secret });
    const loaded = await store.interactions.load(ids.map((id) => ({ tenant: "acme", id })));
    expect(loaded.map(({ interaction: { facts } }) => facts.id)).toEqual(ids);
    // One may have been stored whose answer nobody heard.
    const { waiting } = await store.work.figures(NOW);
    expect(waiting - ids.length).toBeOneOf([0, 1]);
    await store.close();
  });

  it("of a newer program is left alone", async () => {
    await (await openSqlite({ folder, secret })).close();
    const file = new DatabaseSync(join(folder, "learning.sqlite"));
    file.exec("PRAGMA user_version = 99");
    file.close();
    await expect(openSqlite({ folder, secret })).rejects.toThrow(SchemaMismatch);
  });

  it("on a full disk refuses, keeps what it has, and goes on once there is room", async () => {
    const database = await connectSqlite(folder);
    const store = storeOver({ database, keyring: new Keyring(secret, () => NOW), clock: () => NOW });
    const tenant = tenantOf("full");
    const large = () =>
      interaction({ tenant, id: idAt(), content: { input: Buffer.from(randomText(200_000)).toString() } });
    const kept = large();
    await store.interactions.accept([kept], NOW);
    const [{ page_count: pages } = {}] = await database.query("PRAGMA page_count");
    await database.query(`PRAGMA max_page_count = ${Number(pages)}`);
    const late = large();
    await expect(store.interactions.accept([late], NOW)).rejects.toThrow(StoreUnavailable);
    expect(await store.interactions.load([keyOf(kept), keyOf(late)])).toHaveLength(1);
    expect((await store.work.figures(NOW)).waiting).toBe(1);
    await database.query("PRAGMA max_page_count = 1000000");
    expect(await store.interactions.accept([late, kept], NOW)).toEqual(["created", "duplicate"]);
    expect(await store.interactions.acceptFeedback([feedback(keyOf(late))], NOW)).toEqual(["created"]);
    await store.close();
  });
});

/** That no compression makes small. */
function randomText(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return String.fromCharCode(32 + (state >>> 24) / 3);
  }).join("");
}
