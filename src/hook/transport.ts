import { Agent, type ClientRequest, type IncomingMessage, request as plain } from "node:http";
import { Agent as SecureAgent, request as secure } from "node:https";
import { Readable } from "node:stream";
import type { Answer, Unanswered } from "./answer.ts";
import { Deadline } from "./deadline.ts";
import type { Body } from "./encode.ts";
import { HookError } from "./events.ts";

/** The results of the largest batch are well below this. */
const LONGEST_ANSWER = 4 << 20;

export interface Transport {
  /** Never rejects. */
  post(path: string, body: Body): Promise<Answer | Unanswered>;
  /** Ends what is on its way. */
  close(): void;
}

export interface TransportOptions {
  readonly base: URL;
  readonly apiKey: () => string;
  readonly connectTimeoutMs: number;
  readonly timeoutMs: number;
  readonly agent: Agent | undefined;
}

/**
 * HTTP over Node's own client, with sockets that keep no process alive. Redirects are not followed: the key goes to the
 * configured address and nowhere else.
 */
export function openTransport(options: TransportOptions): Transport {
  const secured = options.base.protocol === "https:";
  const own =
    options.agent === undefined ? new (secured ? SecureAgent : Agent)({ keepAlive: true, maxSockets: 2 }) : undefined;
  const active = new Set<ClientRequest>();
  let closed = false;
  const send = (path: string, body: Body): Promise<Answer | Unanswered | "stale"> =>
    new Promise((resolve) => {
      const request = (secured ? secure : plain)(new URL(path, options.base), {
        method: "POST",
        agent: options.agent ?? own,
        headers: {
          authorization: `Bearer ${options.apiKey()}`,
          "content-type": "application/json",
          "content-length": body.bytes,
          "accept-encoding": "identity",
        },
      });
      const deadline = new Deadline(request, secured, options);
      const fail = (error: NodeJS.ErrnoException) => resolve(deadline.explain(error));
      active.add(request);
      request.on("error", fail);
      request.on("response", (response) => void read(response).then(resolve, fail));
      request.on("close", () => {
        deadline.end();
        active.delete(request);
      });
      Readable.from(body.chunks).pipe(request);
    });
  return {
    async post(path, body) {
      if (closed) return gone;
      try {
        const first = await send(path, body);
        if (first !== "stale") return first;
        const second = await send(path, body);
        return second === "stale" ? lost : second;
      } catch {
        // Nothing of the cause: Node puts the header it will not send, the key, into some of these messages.
        return {
          error: new HookError("Misconfigured", "the request cannot be made: is the API key right?"),
          suspect: false,
        };
      }
    },
    close() {
      closed = true;
      for (const request of active) request.destroy();
      own?.destroy();
    },
  };
}

const lost: Unanswered = {
  error: new HookError("ConnectionLost", "two connections in a row had ended before they were used"),
  suspect: false,
};

const gone: Unanswered = { error: new HookError("ConnectionLost", "the hook was closed"), suspect: false };

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    chunks.push(chunk);
    if (size > LONGEST_ANSWER) break;
  }
  return {
    status: response.statusCode ?? 0,
    retryAfter: response.headers["retry-after"],
    body: size > LONGEST_ANSWER ? "" : Buffer.concat(chunks).toString(),
  };
}
