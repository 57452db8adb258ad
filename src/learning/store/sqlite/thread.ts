import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import type { Param } from "../sql/database.ts";
import type { ThreadData, ThreadReply, ThreadRequest } from "./protocol.ts";
import { SQLITE_VERSIONS } from "./schema.ts";

/** Least recently prepared ones go first; the store has fewer statements than this. */
const MAX_STATEMENTS = 300;

const { folder }: ThreadData = workerData;
const database = new DatabaseSync(join(folder, "learning.sqlite"), { timeout: 0 });
const statements = new Map<string, StatementSync>();

/** Of one process only: the lock is taken here and kept until the end of the process, however it ends. */
function open(): void {
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("BEGIN IMMEDIATE");
  database.exec("COMMIT");
  database.exec("PRAGMA synchronous = FULL");
  database.exec("PRAGMA secure_delete = ON");
  database.exec("PRAGMA temp_store = MEMORY");
  migrate();
}

function migrate(): void {
  const version = Number(database.prepare("PRAGMA user_version").get()?.user_version);
  if (version > SQLITE_VERSIONS.length) throw new NewerSchema(version);
  database.exec("BEGIN IMMEDIATE");
  for (const statement of SQLITE_VERSIONS.slice(version).flat()) database.exec(statement);
  database.exec(`PRAGMA user_version = ${SQLITE_VERSIONS.length}`);
  database.exec("COMMIT");
}

class NewerSchema extends Error {
  readonly code = "NewerSchema";
  constructor(version: number) {
    super(`its tables are of version ${version}, and this program knows ${SQLITE_VERSIONS.length}`);
  }
}

function prepared(sql: string): StatementSync {
  const known = statements.get(sql);
  if (known !== undefined) return known;
  const first = statements.keys().next().value;
  if (statements.size >= MAX_STATEMENTS && first !== undefined) statements.delete(first);
  const statement = database.prepare(sql);
  statements.set(sql, statement);
  return statement;
}

/** A number without a fraction is an integer: else SQLite would divide as it does with fractions. */
function bound(param: Param): Exclude<Param, number> | number | bigint {
  return Number.isSafeInteger(param) ? BigInt(Number(param)) : param;
}

function answer(request: ThreadRequest): ThreadReply {
  try {
    if (request.sql === undefined) {
      database.close();
      return { id: request.id, rows: [] };
    }
    return { id: request.id, rows: prepared(request.sql).all(...request.params.map(bound)) };
  } catch (error) {
    return { id: request.id, error: failureOf(error) };
  }
}

function failureOf(error: unknown): { code: string; number: number; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return { code, number: error instanceof Error && "errcode" in error ? Number(error.errcode) : 0, message };
}

const port = parentPort;
if (port === null) throw new Error("runs as a worker thread only");
try {
  open();
  port.postMessage({ id: 0, rows: [] } satisfies ThreadReply);
  port.on("message", (request: ThreadRequest) => {
    port.postMessage(answer(request));
    if (request.sql === undefined) port.close();
  });
} catch (error) {
  port.postMessage({ id: 0, error: failureOf(error) } satisfies ThreadReply);
}
