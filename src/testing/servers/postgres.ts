import pg from "pg";
import { type Server, startServer, until } from "./container.ts";

export interface PostgresServer extends Server {
  /** Of the superuser, on a database that holds nothing. */
  readonly url: string;
  /** A new, empty database on the same server: its URL. `small`: its tables lie on the small disk. */
  createDatabase(options?: { readonly small?: boolean }): Promise<string>;
  /** Leaves no byte free on the small disk, until it is emptied again. */
  fillSmallDisk(): Promise<void>;
  emptySmallDisk(): Promise<void>;
  /** Files under the data folder, WAL included, that contain `needle`. */
  filesWith(needle: string): Promise<readonly string[]>;
}

export interface PostgresOptions {
  /** Settings as `postgres -c` takes them. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Size of the disk it keeps its data on, for instance `"128m"`; without it as large as the machine's. */
  readonly diskSize?: string;
  /** Size of a second disk for tables alone: when it is full the server lives on, since its log has room. */
  readonly smallDisk?: string;
  /** Follows this one as a standby, from a copy of it. */
  readonly standbyOf?: PostgresServer;
}

/** Debian's user of PostgreSQL. */
const owned = (size: string) => `size=${size},uid=100,mode=0700`;
const SMALL = "/small";

let databases = 0;

/** A real PostgreSQL 15 with its own durability (fsync and all). */
export async function startPostgres({
  settings = {},
  diskSize,
  smallDisk,
  standbyOf,
}: PostgresOptions = {}): Promise<PostgresServer> {
  const server = await startServer({
    image: "QI_POSTGRES_IMAGE",
    port: 5432,
    ready: [/database system is ready to accept (read-only )?connections/, 1],
    env: standbyOf === undefined ? {} : { STANDBY_OF: standbyOf.insideAddress },
    command: Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    tmpfs: {
      ...(diskSize === undefined ? {} : { "/data": owned(diskSize) }),
      ...(smallDisk === undefined ? {} : { [SMALL]: owned(smallDisk) }),
    },
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
  if (smallDisk !== undefined) await run(`CREATE TABLESPACE small LOCATION '${SMALL}'`);
  return {
    ...server,
    url: urlOf("postgres"),
    start: async () => {
      await server.start();
      await answers();
    },
    createDatabase: async ({ small = false } = {}) => {
      const name = `test_${++databases}`;
      await run(`CREATE DATABASE ${name}${small ? " TABLESPACE small" : ""}`);
      return urlOf(name);
    },
    // dd ends with an error when nothing more fits, as it should.
    fillSmallDisk: async () =>
      void (await server.exec([
        "sh",
        "-c",
        `dd if=/dev/zero of=${SMALL}/ballast bs=64k; sync; test -s ${SMALL}/ballast`,
      ])),
    emptySmallDisk: async () => void (await server.exec(["rm", `${SMALL}/ballast`])),
    filesWith: async (needle) => {
      await run("CHECKPOINT");
      const found = await server.exec(["sh", "-c", `grep -rlaF -e '${needle.replaceAll("'", "'\\''")}' /data || true`]);
      return found.split("\n").filter((line) => line !== "");
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
