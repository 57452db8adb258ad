import pg from "pg";
import { type Server, startServer, until } from "./container.ts";

export interface PostgresServer extends Server {
  /** Of the superuser, on a database that holds nothing. */
  readonly url: string;
  /** A new, empty database on the same server: its URL. */
  createDatabase(): Promise<string>;
  /** Files under the data folder, WAL included, that contain `needle`. */
  filesWith(needle: string): Promise<readonly string[]>;
}

export interface PostgresOptions {
  /** Settings as `postgres -c` takes them. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Size of the disk it keeps its data on, for instance `"128m"`; without it as large as the machine's. */
  readonly diskSize?: string;
  /** Follows this one as a standby, from a copy of it. */
  readonly standbyOf?: PostgresServer;
}

let databases = 0;

/** A real PostgreSQL 15 with its own durability (fsync and all). */
export async function startPostgres({
  settings = {},
  diskSize,
  standbyOf,
}: PostgresOptions = {}): Promise<PostgresServer> {
  const server = await startServer({
    image: "QI_POSTGRES_IMAGE",
    port: 5432,
    ready: [/database system is ready to accept (read-only )?connections/, 1],
    env: standbyOf === undefined ? {} : { STANDBY_OF: standbyOf.insideAddress },
    command: Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ...(diskSize === undefined ? {} : { tmpfs: { "/data": `size=${diskSize},uid=100,mode=0700` } }),
  });
  const urlOf = (database: string) => `postgres://postgres:postgres@${server.host}:${server.port}/${database}`;
  const run = async (statement: string) => {
    const client = new pg.Client({ connectionString: urlOf("postgres") });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  };
  const answers = () => until(() => run("SELECT 1"));
  await answers();
  return {
    ...server,
    url: urlOf("postgres"),
    start: async () => {
      await server.start();
      await answers();
    },
    createDatabase: async () => {
      const name = `test_${++databases}`;
      await run(`CREATE DATABASE ${name}`);
      return urlOf(name);
    },
    filesWith: async (needle) => {
      await run("CHECKPOINT");
      const found = await server.exec(["sh", "-c", `grep -rlaF -e '${needle.replaceAll("'", "'\\''")}' /data || true`]);
      return found.split("\n").filter((line) => line !== "");
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
