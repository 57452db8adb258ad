import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { Agent, request } from "undici";
import { dataPolicy } from "../../src/api/learning/policies.ts";
import { freePort } from "../../src/testing/free-port.ts";
import { interactions } from "../../src/testing/interactions.ts";
import { startPostgres, until } from "../../src/testing/servers/index.ts";
import { percentile, printTable } from "./table.ts";

/**
 * Ingest, durable in Postgres (fsync on): events of 4 KB in batches of 50 from 2 senders, each batch answered before
 * the sender's next. Server, database and senders share the machine. Every accepted answer is held against the rows.
 */
const BATCH = 50;
const SENDERS = 2;
const EVENTS = Number(process.argv[2] ?? 20_000);
const KEY = `qil_0123456789bench0_${randomBytes(32).toString("base64url")}`;
const root = join(import.meta.dirname, "../..");

interface Measured {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly accepted: number;
  readonly rows: number;
}

type Command = (config: string, port: number) => readonly string[];

const REDACTING: Command = (config, port) => [
  ...["src/main.ts", "learning", "--config", config, "--port", String(port), "--log-level", "warn"],
];
const PLAIN: Command = (config, port) => ["bench/data/ingest-server.ts", config, String(port)];

await using postgres = await startPostgres();
const plain = await measured(PLAIN, 0);
const redacting = await measured(REDACTING, 0);
const grown = await measured(REDACTING, EVENTS * 9);
printTable(
  `Ingest of ${EVENTS} events of 4 KB, batches of ${BATCH}, ${SENDERS} senders, durable in Postgres`,
  ["", "events/s", "ratio", "p50 of a batch", "p99 of a batch", "rows / accepted"],
  [
    row("without redaction", plain),
    row("with redaction", redacting),
    row(`with redaction, ${EVENTS * 9} rows before`, grown),
  ],
);

function row(name: string, { perSecond, p50, p99, accepted, rows }: Measured): string[] {
  const ratio = (perSecond / plain.perSecond).toFixed(2);
  return [name, perSecond.toFixed(0), ratio, `${p50.toFixed(0)} ms`, `${p99.toFixed(0)} ms`, `${rows} / ${accepted}`];
}

async function measured(command: Command, before: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), "qi-bench-"));
  const url = await postgres.createDatabase();
  const server = await serve(command, folder, url);
  try {
    // The first thousand warms up code and caches.
    await send(server.url, requests(1000 + before, 1));
    // Made before the clock runs.
    const prepared = [...requests(EVENTS, 2)];
    const startedAt = performance.now();
    const { accepted, times } = await send(server.url, prepared);
    const seconds = (performance.now() - startedAt) / 1000;
    const rows = (await count(url)) - 1000 - before;
    return { perSecond: accepted / seconds, p50: percentile(times, 50), p99: percentile(times, 99), accepted, rows };
  } finally {
    server.child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
}

async function serve(command: Command, folder: string, url: string): Promise<{ url: string; child: ChildProcess }> {
  const config = join(folder, "learning.json");
  const settings = {
    tenant: "bench",
    database: { kind: "postgres", connections: 6 },
    artifacts: { uri: `file://${folder}/artifacts` },
    limits: { itemsPerMinute: 100_000_000 },
  };
  writeFileSync(config, JSON.stringify(settings));
  const port = await freePort();
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...command(config, port)], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      PATH: process.env.PATH ?? "",
      QI_DATABASE_URL: url,
      QI_LEARNING_SECRET: randomBytes(32).toString("base64"),
      QI_ADMIN_KEY: KEY,
    },
  });
  const address = `http://127.0.0.1:${port}`;
  const policy = dataPolicy.parse({ namespace: "bench", name: "coder", servedModel: "qi-coder" });
  await until(async () => {
    const { statusCode, body } = await request(`${address}/v1/policies`, {
      method: "PUT",
      headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
      body: JSON.stringify({ revision: 1, policies: [policy] }),
    });
    if (statusCode >= 300) throw new Error(`${statusCode} ${await body.text()}`);
    await body.dump();
  });
  return { url: address, child };
}

/** Bodies of whole requests. */
function* requests(events: number, seed: number): Generator<string> {
  const stream = interactions({ seed: seed + Date.now() });
  for (let sent = 0; sent < events; sent += BATCH)
    yield JSON.stringify({ interactions: Array.from({ length: BATCH }, () => stream.next().value) });
}

async function send(url: string, prepared: Iterable<string>): Promise<{ accepted: number; times: number[] }> {
  const dispatcher = new Agent({ connections: SENDERS, pipelining: 1 });
  const left = prepared[Symbol.iterator]();
  const times: number[] = [];
  let accepted = 0;
  const sender = async () => {
    for (let next = left.next(); next.done !== true; next = left.next()) {
      const startedAt = performance.now();
      const answer = await request(`${url}/v1/interactions`, {
        method: "POST",
        dispatcher,
        headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
        body: next.value,
      });
      const { results } = (await answer.body.json()) as { results: { status: number; code?: string }[] };
      times.push(performance.now() - startedAt);
      const refused = results.find(({ status }) => status !== 201);
      if (refused !== undefined) throw new Error(`refused: ${JSON.stringify(refused)}`);
      accepted += results.length;
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  await dispatcher.close();
  return { accepted, times };
}

async function count(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ n: number }>("SELECT count(*)::int AS n FROM interaction");
  await client.end();
  return rows[0]?.n ?? 0;
}
