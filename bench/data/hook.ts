/**
 * What the hook costs an agent, beside what else an agent's author might have written.
 *
 *     node bench/data/hook.ts [calls]
 *
 * Servers run in a process of their own. Each measurement is a fresh process, so that no heap or socket is inherited.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createHook } from "../../src/hook/index.ts";

const SERVERS = ["healthy", "dead", "slow", "500"] as const;
const CLIENTS = ["hook", "push", "fetch"] as const;
type Server = (typeof SERVERS)[number];
type Client = (typeof CLIENTS)[number];

interface Cost {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly loopP99: number;
  readonly loopMax: number;
  readonly arrived: number;
  readonly failed: number;
}

interface Growth {
  readonly heapMiB: number;
  readonly queuedMiB: number;
  readonly dropped: number;
  readonly perCallMicroseconds: number;
}

const CALLS_PER_TURN = 10;
const WARM_UP_CALLS = 200;
const AGENT = { url: "", apiKey: "key", servedModel: "coder" };

/** About 4 KB, as an agent has it: a question, an answer with code, six turns before it. */
function event(n: number) {
  const code = `export function f${n}(items: Item[]): number {\n${"  // sum what is there\n".repeat(40)}}\n`;
  const turns = ["user", "assistant", "user", "assistant", "user", "assistant"] as const;
  return {
    input: `change number ${n}: ${"please ".repeat(40)}`,
    output: `Here it is:\n${code}`,
    history: turns.map((role, index) => ({ role, content: `${index} ${n} ${"words ".repeat(30)}` })),
    code: [{ language: "typescript", path: `src/f${n}.ts`, after: code }],
    usage: { promptTokens: 900, completionTokens: 300, durationMs: 1200.5 },
  };
}

/** Texts as they come from a network: whole, not in the pieces they were put together from here. */
const whole = (given: ReturnType<typeof event>): ReturnType<typeof event> => JSON.parse(JSON.stringify(given));

function serve(kind: Server): void {
  let items = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.url === "/items") return response.end(String(items));
    if (kind === "500") return response.writeHead(500).end();
    if (kind === "slow") await sleep(2000);
    const ids = [
      ...Buffer.concat(chunks)
        .toString()
        .matchAll(/"id":"([0-9a-f-]{36})"/g),
    ].map(([, id]) => id);
    items += ids.length;
    return response.end(JSON.stringify({ results: ids.map((id) => ({ id, status: 201 })) }));
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (typeof address === "object") process.send?.(address?.port);
  });
}

async function measure(client: Client, url: string, calls: number): Promise<Cost> {
  const { call, arrived, failed } = clients(url)[client]();
  const events = Array.from({ length: 200 }, (_, n) => whole(event(n)));
  for (const given of events.slice(0, WARM_UP_CALLS)) {
    call(given);
    await turn();
  }
  await sleep(200);
  const loop = monitorEventLoopDelay({ resolution: 1 });
  const histogram = createHistogram();
  loop.enable();
  for (let n = 0; n < calls; n++) {
    const given = events[n % events.length] ?? event(n);
    const began = process.hrtime.bigint();
    call(given);
    histogram.record(process.hrtime.bigint() - began || 1n);
    if (n % CALLS_PER_TURN === 0) await turn();
  }
  loop.disable();
  await sleep(300);
  const micro = (ns: number) => ns / 1000;
  return {
    p50: micro(histogram.percentile(50)),
    p99: micro(histogram.percentile(99)),
    max: micro(histogram.max),
    loopP99: loop.percentile(99) / 1e6,
    loopMax: loop.max / 1e6,
    arrived: arrived(),
    failed: failed(),
  };
}

type Calling = { call: (given: ReturnType<typeof event>) => void; arrived: () => number; failed: () => number };

function clients(url: string): Record<Client, () => Calling> {
  return {
    hook: () => {
      const hook = createHook({ ...AGENT, url });
      const call: Calling["call"] = (given) => void hook.record(given);
      return { call, arrived: () => hook.stats().sent, failed: () => hook.stats().dropped };
    },
    push: () => {
      const queue: string[] = [];
      const call: Calling["call"] = (given) => void queue.push(JSON.stringify(given));
      return { call, arrived: () => 0, failed: () => 0 };
    },
    fetch: () => {
      let arrived = 0;
      let failed = 0;
      const call: Calling["call"] = (given) => {
        const body = JSON.stringify({ interactions: [{ id: crypto.randomUUID(), ...given }] });
        fetch(`${url}/v1/interactions`, { method: "POST", body }).then(
          (response) => void (response.ok ? arrived++ : failed++),
          () => void failed++,
        );
      };
      return { call, arrived: () => arrived, failed: () => failed };
    },
  };
}

/** A dead server and far more than fits. */
async function grow(calls: number): Promise<Growth> {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const hook = createHook({ ...AGENT, url: "http://127.0.0.1:1" });
  collect();
  const before = process.memoryUsage();
  const began = performance.now();
  for (let n = 0; n < calls; n++) hook.record(event(n));
  const ms = performance.now() - began;
  await turn();
  collect();
  const after = process.memoryUsage();
  const { queuedBytes, dropped } = hook.stats();
  return {
    heapMiB: (after.heapUsed + after.external - before.heapUsed - before.external) / 2 ** 20,
    queuedMiB: queuedBytes / 2 ** 20,
    dropped,
    perCallMicroseconds: (ms * 1000) / calls,
  };
}

async function elsewhere<T>(...job: (string | number)[]): Promise<{ first: T; end: () => void }> {
  const child = fork(import.meta.filename, job.map(String), { serialization: "advanced" });
  const [first] = await once(child, "message");
  return { first, end: () => void child.kill() };
}

async function main(calls: number): Promise<void> {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const figure = (value: number) => (value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString("en"));
  say(
    `${calls.toLocaleString("en")} calls of 4 KB each, ${CALLS_PER_TURN} a turn of the event loop, node ${process.version}\n`,
  );
  say(
    "| server | client | p50 µs | p99 µs | max µs | p99, hook = 1 | loop delay p99 ms | max ms | arrived | failed or dropped |",
  );
  say("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|");
  let worst = 0;
  for (const kind of SERVERS) {
    const server = kind === "dead" ? undefined : await elsewhere<number>("serve", kind);
    const url = `http://127.0.0.1:${server?.first ?? 1}`;
    let base = Number.NaN;
    for (const client of CLIENTS) {
      const { first: cost, end } = await elsewhere<Cost>("measure", client, url, calls);
      end();
      if (client === "hook") {
        base = cost.p99;
        worst = Math.max(worst, cost.p99);
      }
      const times = [cost.p50, cost.p99, cost.max, cost.p99 / base, cost.loopP99, cost.loopMax].map(figure);
      say(`| ${kind} | ${client} | ${times.join(" | ")} | ${cost.arrived} | ${cost.failed} |`);
    }
    server?.end();
  }
  const { first: growth, end } = await elsewhere<Growth>("grow", 1_000_000);
  end();
  say(
    `\n1,000,000 records with the server dead: the heap grew by ${figure(growth.heapMiB)} MiB, ${figure(growth.queuedMiB)} MiB counted as queued (bound: 64), ${growth.dropped.toLocaleString("en")} dropped, ${figure(growth.perCallMicroseconds)} µs a call with the making of its 4 KB.`,
  );
  say(`\nBar: p99 of record below 100 µs whatever the server does. Worst here: ${figure(worst)} µs.`);
  process.exitCode = worst < 100 ? 0 : 1;
}

const [job = "5000", ...rest] = process.argv.slice(2);
if (job === "serve") serve(rest[0] as Server);
else if (job === "measure") process.send?.(await measure(rest[0] as Client, rest[1] ?? "", Number(rest[2])));
else if (job === "grow") process.send?.(await grow(Number(rest[0])));
else await main(Number(job));
