import { Pool, type PoolClient, types } from "pg";
import type { Log } from "../../../kube/log.ts";
import type { Param, Row } from "../sql/database.ts";
import { failureOf, READ_ONLY } from "./failure.ts";

export interface PoolOptions {
  readonly url: string;
  readonly connections: number;
  /** Longest time for one statement; a connection that says nothing for a little longer is given up. */
  readonly statementMs: number;
  readonly log: Log | undefined;
}

const CONNECT_MS = 5000;
/** A server that was not reached for this long answers nothing that a statement's own limit would not have ended. */
const GRACE_MS = 2000;

/** bigint and numeric as numbers (ours are below 2^53), JSON as the text it is. */
const PARSERS = new Map<number, (value: string) => unknown>([
  [types.builtins.INT8, Number],
  [types.builtins.NUMERIC, Number],
  [types.builtins.JSON, (value) => value],
  [types.builtins.JSONB, (value) => value],
]);

/** Connections to the primary. When it moves, those to the former one are dropped, all of them. */
export class Connections {
  readonly #options: PoolOptions;
  #pool: Pool;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#pool = this.#open();
  }

  /** Lends a connection. Afterwards it is given back, or dropped when a failure broke it. Throws PostgresFailure. */
  async use<T>(
    work: (query: (sql: string, params: readonly Param[]) => Promise<readonly Row[]>) => Promise<T>,
  ): Promise<T> {
    const pool = this.#pool;
    const client = await pool.connect().catch((error: unknown) => {
      throw failureOf(error);
    });
    let broken = false;
    try {
      return await work(async (text, values) => {
        try {
          return (await client.query<Record<string, unknown>>({ text, values: [...values] })).rows;
        } catch (error) {
          const failure = failureOf(error);
          broken ||= failure.broken;
          if (failure.code === READ_ONLY) this.#leave(pool);
          throw failure;
        }
      });
    } finally {
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  #leave(pool: Pool): void {
    if (this.#pool !== pool) return;
    this.#options.log?.warn({}, "the database takes no writes any more; connecting anew to find its primary");
    this.#pool = this.#open();
    pool.end().catch(() => undefined);
  }

  #open(): Pool {
    const { url, connections, statementMs, log } = this.#options;
    const pool = new Pool({
      connectionString: url,
      max: connections,
      application_name: "qi-learning",
      connectionTimeoutMillis: CONNECT_MS,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      statement_timeout: statementMs,
      lock_timeout: statementMs,
      idle_in_transaction_session_timeout: statementMs,
      query_timeout: statementMs + GRACE_MS,
      // Statements over many partitions look dear to the planner, and compiling them takes longer than running them.
      options: "-c jit=off",
      types: { getTypeParser: parserOf },
    });
    // Unheard, either of these would end the process; what was asked by the connection fails by itself.
    pool.on("error", (error) => log?.debug({ code: failureOf(error).code }, "an idle database connection ended"));
    pool.on("connect", (client: PoolClient) => client.on("error", () => undefined));
    return pool;
  }
}

function parserOf(id: number, format?: "text" | "binary") {
  return PARSERS.get(id) ?? types.getTypeParser(id, format);
}
