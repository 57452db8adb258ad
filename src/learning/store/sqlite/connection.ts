import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { SchemaMismatch, StoreInUse, StoreUnavailable } from "../errors.ts";
import type { Database, Param, Row, Session } from "../sql/database.ts";
import { sqliteDialect } from "./dialect.ts";
import type { ThreadData, ThreadReply, ThreadRequest } from "./protocol.ts";
import { translate } from "./translate.ts";

const [BUSY, FULL, READONLY, IOERR, CANTOPEN] = [5, 13, 8, 10, 14];

interface Waiting {
  readonly resolve: (rows: readonly Row[]) => void;
  readonly reject: (error: Error) => void;
}

/** One SQLite file in a thread of its own, asked by one statement or one whole transaction at a time. */
export async function connectSqlite(folder: string): Promise<Database> {
  const workerData: ThreadData = { folder };
  const worker = new Worker(new URL(`./thread${extname(import.meta.url)}`, import.meta.url), { workerData });
  const waiting = new Map<number, Waiting>();
  const translations = new Map<string, string>();
  let last = 0;
  let ended: Error | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  const end = (error: Error) => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  worker.on("message", (reply: ThreadReply) => {
    const asked = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.error === undefined) asked?.resolve(reply.rows);
    else asked?.reject(errorOf(reply.error, folder));
  });
  worker.on("error", () => end(new StoreUnavailable("the thread of the SQLite store died")));
  worker.on("exit", () => end(new StoreUnavailable("the SQLite store is closed")));

  const wait = (id: number) => new Promise<readonly Row[]>((resolve, reject) => waiting.set(id, { resolve, reject }));
  const opened = wait(last);
  const ask = (request: Omit<ThreadRequest, "id">): Promise<readonly Row[]> => {
    if (ended !== undefined) return Promise.reject(ended);
    const id = ++last;
    worker.postMessage({ ...request, id } satisfies ThreadRequest);
    return wait(id);
  };
  const translated = (sql: string): string => {
    const known = translations.get(sql) ?? translate(sql);
    translations.set(sql, known);
    return known;
  };
  const session: Session = { query: (sql, ...params: Param[]) => ask({ sql: translated(sql), params }) };
  /** Runs once all that was asked before is done. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };

  await opened.catch(async (error: unknown) => {
    await worker.terminate();
    throw error;
  });
  return {
    dialect: sqliteDialect,
    query: (sql, ...params) => inTurn(() => session.query(sql, ...params)),
    transaction: (work) =>
      inTurn(async () => {
        await session.query("BEGIN IMMEDIATE");
        try {
          const result = await work(session);
          await session.query("COMMIT");
          return result;
        } catch (error) {
          // A full disk ends the transaction by itself; then there is nothing to roll back.
          await session.query("ROLLBACK").catch(() => undefined);
          throw error;
        }
      }),
    upkeep: {
      prepare: async () => undefined,
      dropBefore: async () => undefined,
      wipe: () => inTurn(async () => void (await session.query("PRAGMA wal_checkpoint(TRUNCATE)"))),
    },
    close: () =>
      inTurn(async () => {
        if (ended !== undefined) return;
        const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
        await ask({ params: [] });
        await exited;
      }),
  };
}

function errorOf({ code, number, message }: { code: string; number: number; message: string }, folder: string): Error {
  const primary = number & 0xff;
  if (primary === BUSY) return new StoreInUse(`${folder} is open in another process; a SQLite store has one at a time`);
  if (code === "NewerSchema") return new SchemaMismatch(`${folder}: ${message}`);
  if ([FULL, READONLY, IOERR, CANTOPEN].includes(primary))
    return new StoreUnavailable(`SQLite in ${folder}: ${message}`);
  return new Error(`SQLite: ${message}`);
}
