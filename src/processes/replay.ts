import type { Writable } from "node:stream";
import { parseArgs } from "node:util";
import { z } from "zod";
import { eventId } from "../api/learning/interaction.ts";
import { deadPage, replayResult } from "../api/learning/queue.ts";

const USAGE = `usage: qi-learning replay [--list] [--url URL] [ID...]

Tries again what assessment gave up after five tries: all of it, or the interactions named.

  ID         of an interaction, as --list and GET /v1/queue/dead show it
  --list     shows what was given up, and why; changes nothing
  --url URL  of the learning API; http://127.0.0.1:8080 unless told

The API key, of role operator or admin, is taken from QI_KEY, else QI_ADMIN_KEY.
`;

const AT_ONCE = 500;
const TIMEOUT_MS = 60_000;
const problem = z.object({ detail: z.string().optional(), title: z.string().optional() });

/** `qi-learning replay`. Answers the exit status: 0, 1 where the API refuses or is away, 2 where it is misused. */
export async function replayCommand(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  stdout: Writable,
  stderr: Writable,
): Promise<number> {
  const options = optionsOf(argv);
  if (options === "help") {
    stdout.write(USAGE);
    return 0;
  }
  const key = env.QI_KEY ?? env.QI_ADMIN_KEY;
  const wrong = typeof options === "string" ? options : key === undefined ? "QI_KEY is not set" : undefined;
  if (typeof options === "string" || key === undefined) {
    stderr.write(`replay: ${wrong}\n\n${USAGE}`);
    return 2;
  }
  try {
    const call = caller(options.url, key);
    if (options.list) await list(call, stdout);
    else stdout.write(`${await replay(call, options.ids)} will be tried again.\n`);
    return 0;
  } catch (error) {
    stderr.write(`replay: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

interface Options {
  readonly ids: readonly string[];
  readonly list: boolean;
  readonly url: string;
}

/** What was asked, or what is wrong with it. */
function optionsOf(argv: readonly string[]): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        list: { type: "boolean", default: false },
        url: { type: "string", default: "http://127.0.0.1:8080" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return "help";
    const odd = positionals.find((id) => !eventId.safeParse(id).success);
    if (odd !== undefined) return `${odd} is no id of an interaction`;
    if (!URL.canParse(values.url)) return `--url ${values.url} is no URL`;
    return { ids: positionals, list: values.list, url: values.url.replace(/\/$/, "") };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

type Call = <Answer>(answer: z.ZodType<Answer>, method: "GET" | "POST", path: string, body?: object) => Promise<Answer>;

function caller(url: string, key: string): Call {
  return async (answer, method, path, body) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch((error: Error) => {
      throw new Error(`${url} does not answer (${error.cause instanceof Error ? error.cause.message : error.message})`);
    });
    const said: unknown = await response.json().catch(() => undefined);
    if (response.ok) return answer.parse(said);
    const { title, detail } = problem.safeParse(said).data ?? {};
    throw new Error(
      `the learning API answers ${response.status}${title === undefined ? "" : ` ${title}`}${detail === undefined ? "" : `: ${detail}`}`,
    );
  };
}

async function list(call: Call, stdout: Writable): Promise<void> {
  let cursor: string | undefined;
  let shown = 0;
  do {
    const query = new URLSearchParams({ limit: String(AT_ONCE), ...(cursor !== undefined && { cursor }) });
    const { items, next } = await call(deadPage, "GET", `/v1/queue/dead?${query}`);
    for (const { id, buriedAt, deliveries, reason } of items) {
      stdout.write(`${id}  ${buriedAt}  ${deliveries} tries  ${reason}\n`);
    }
    shown += items.length;
    cursor = next;
  } while (cursor !== undefined);
  if (shown === 0) stdout.write("Nothing was given up.\n");
}

async function replay(call: Call, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return (await call(replayResult, "POST", "/v1/queue/dead/replay", {})).replayed;
  let count = 0;
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = ids.slice(from, from + AT_ONCE);
    count += (await call(replayResult, "POST", "/v1/queue/dead/replay", { ids: some })).replayed;
  }
  return count;
}
