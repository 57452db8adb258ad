import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { PolicySet } from "../../src/api/learning/policies.ts";
import { dataPolicy } from "../../src/api/learning/policies.ts";
import { type PostgresServer, type RedisServer, until } from "../../src/testing/servers/index.ts";
import type { Load } from "./load.ts";
import { DataPlaneProcess } from "./process.ts";

const TENANT = "learning";
export const ADMIN_KEY = `qil_0123456789admin0_${randomBytes(32).toString("base64url")}`;

export interface PlaneOptions {
  readonly postgres: PostgresServer;
  readonly redis?: RedisServer;
  /** Of an address in front of the database, where it is not asked directly. */
  readonly databaseUrl?: string;
  /** How far the clocks of the processes are from the true time, as `faketime` takes it: "+45m". */
  readonly skew?: Readonly<Partial<Record<"learning" | "worker", string>>>;
}

/** One learning API and one worker on real servers, with a policy in force. */
export interface Plane extends AsyncDisposable {
  readonly api: DataPlaneProcess;
  readonly worker: DataPlaneProcess;
  readonly databaseUrl: string;
  /** The artifact store's folder, and whatever else the processes write. */
  readonly folder: string;
  request(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Further processes like these two. */
  spawn(command: "learning" | "worker"): Promise<DataPlaneProcess>;
}

export async function startPlane({ postgres, redis, databaseUrl, skew = {} }: PlaneOptions): Promise<Plane> {
  const url = databaseUrl ?? (await postgres.createDatabase());
  const folder = mkdtempSync(join(tmpdir(), "qi-data-plane-"));
  const config = join(folder, "learning.json");
  writeFileSync(
    config,
    JSON.stringify({
      tenant: TENANT,
      database: { kind: "postgres", connections: 6 },
      queue: redis === undefined ? "table" : "redis",
      artifacts: { uri: `file://${join(folder, "artifacts")}` },
      limits: { itemsPerMinute: 10_000_000 },
    }),
  );
  const env = {
    QI_DATABASE_URL: url,
    QI_LEARNING_SECRET: randomBytes(32).toString("base64"),
    QI_ADMIN_KEY: ADMIN_KEY,
    ...(redis === undefined ? {} : { QI_QUEUE_REDIS_URL: redis.url }),
  };
  const spawn = (command: "learning" | "worker") =>
    DataPlaneProcess.start({ command, args: ["--config", config], env: { ...env, ...clockOf(skew[command]) } });
  const [api, worker] = await Promise.all([spawn("learning"), spawn("worker")]);
  const request = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${api.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  };
  await request("PUT", "/v1/policies", policies());
  return {
    api,
    worker,
    databaseUrl: url,
    folder,
    request,
    spawn,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([api.kill(), worker.kill()]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** The environment in which a process takes the time to be another. How long something lasts it still measures right. */
export function clockOf(offset: string | undefined): Record<string, string> {
  if (offset === undefined) return {};
  const { QI_FAKETIME_LIBRARY: library } = process.env;
  if (library === undefined) throw new Error("QI_FAKETIME_LIBRARY is not set: it names libfaketimeMT.so.1.");
  return { LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}

export function policies(): PolicySet {
  const policy = dataPolicy.parse({ namespace: TENANT, name: "coder", servedModel: "qi-coder" });
  return { revision: 1, policies: [policy] };
}

/** What holds once all work is done, whatever was killed meanwhile. Rejects with what does not. */
export async function invariant({ databaseUrl, request }: Plane, load: Load): Promise<void> {
  await until(async () => {
    const figures = (await request("GET", "/v1/queue")) as { waiting: number; inFlight: number; dead: number };
    if (figures.waiting + figures.inFlight + figures.dead > 0)
      throw new Error(`work is left: ${JSON.stringify(figures)}`);
  }, 120_000);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const ids = async (statement: string) => (await client.query<{ id: string }>(statement)).rows.map(({ id }) => id);
    equal("rows of interactions", await ids("SELECT id::text FROM interaction"), load.accepted);
    equal("current scores", await ids("SELECT id::text FROM score"), load.accepted);
    equal("rows of feedback", await ids("SELECT feedback_id::text AS id FROM feedback"), load.feedbackAccepted);
    const stale = await ids(
      `SELECT i.id::text FROM interaction i JOIN score s USING (tenant, id)
       WHERE (s.said::json ->> 'feedbackSeq')::int <> i.feedback_seq`,
    );
    if (stale.length > 0) throw new Error(`${stale.length} scores know nothing of the newest feedback`);
  } finally {
    await client.end();
  }
}

function equal(what: string, found: readonly string[], wanted: ReadonlySet<string>): void {
  const set = new Set(found);
  const missing = [...wanted].filter((id) => !set.has(id));
  const surplus = found.filter((id) => !wanted.has(id));
  if (missing.length + surplus.length > 0 || set.size !== found.length)
    throw new Error(
      `${what}: ${found.length}, of ${wanted.size} accepted; ${missing.length} missing, ${surplus.length} too many, ${found.length - set.size} twice`,
    );
}

/** Where one of the needles lies in plain: in a file of a server, of the processes, or in what they wrote. */
export async function findings(
  plane: Plane,
  servers: readonly { filesWith(needle: string): Promise<readonly string[]> }[],
  needles: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  for (const needle of needles) {
    for (const server of servers) found.push(...(await server.filesWith(needle)).map((file) => `${file}: ${needle}`));
    for (const entry of readdirSync(plane.folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && readFileSync(path).includes(needle)) found.push(`${path}: ${needle}`);
    }
    for (const { output } of [plane.api, plane.worker]) if (output.includes(needle)) found.push(`a log: ${needle}`);
  }
  return found;
}
