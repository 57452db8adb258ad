import { setTimeout } from "node:timers/promises";
import type { Log } from "../../../kube/log.ts";
import { StoreUnavailable } from "../errors.ts";
import type { Database, Param, Row, Session } from "../sql/database.ts";
import { postgresDialect } from "./dialect.ts";
import { lacksPartition, PostgresFailure } from "./failure.ts";
import { Connections } from "./pool.ts";
import { postgresUpkeep } from "./upkeep.ts";

export interface ConnectOptions {
  readonly url: string;
  readonly connections: number;
  readonly statementMs: number;
  readonly clock: () => number;
  readonly random: () => number;
  readonly log: Log | undefined;
}

const ATTEMPTS = 6;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2000;

type Query = (sql: string, params: readonly Param[]) => Promise<readonly Row[]>;

export function connectPostgres(options: ConnectOptions): Database {
  const connections = new Connections(options);

  const once = <T>(work: (query: Query) => Promise<T>) => connections.use(work);
  const again = <T>(work: (query: Query) => Promise<T>) => patiently(options, upkeep.prepare, () => once(work));
  const query: Session["query"] = (sql, ...params) => again((ask) => ask(sql, params));
  const upkeep = postgresUpkeep((work) => patiently(options, undefined, () => once(work)));

  return {
    dialect: postgresDialect,
    upkeep,
    query,
    transaction: (work) =>
      again(async (ask) => {
        await ask("BEGIN", []);
        try {
          const result = await work({ query: (sql, ...params) => ask(sql, params) });
          await ask("COMMIT", []);
          return result;
        } catch (error) {
          if (!(error instanceof PostgresFailure && error.broken)) await ask("ROLLBACK", []);
          throw error;
        }
      }),
    close: () => connections.close(),
  };
}

/**
 * Every operation of the store may be repeated, so what failed on the way or lost against another is tried again, for a
 * bounded time. What `work` itself throws passes through.
 */
export async function patiently<T>(
  { clock, random, statementMs }: Pick<ConnectOptions, "clock" | "random" | "statementMs">,
  makePartitions: ((now: number) => Promise<void>) | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const started = performance.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (makePartitions !== undefined && attempt === 1 && lacksPartition(error)) {
        await makePartitions(clock());
        continue;
      }
      if (!(error instanceof PostgresFailure) || error.retry === "never") throw error;
      const late = performance.now() - started > statementMs;
      if (error.retry === "later" || attempt >= ATTEMPTS || late) throw new StoreUnavailable(error.message);
      await setTimeout(Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS) * (0.5 + random() / 2));
    }
  }
}
