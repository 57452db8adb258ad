import type { ClientRequest } from "node:http";
import type { Unanswered } from "./answer.ts";
import { HookError } from "./events.ts";

export interface Limits {
  readonly connectTimeoutMs: number;
  readonly timeoutMs: number;
}

/** Ends a request that cannot connect, or is not answered whole, in time; and lets its socket keep no process alive. */
export class Deadline {
  readonly #request: ClientRequest;
  readonly #timers: NodeJS.Timeout[] = [];
  #passed: string | undefined;
  #connected = false;

  constructor(request: ClientRequest, secured: boolean, { connectTimeoutMs, timeoutMs }: Limits) {
    this.#request = request;
    this.#after(timeoutMs, `no answer within ${timeoutMs} ms`);
    const connecting = this.#after(connectTimeoutMs, `no connection within ${connectTimeoutMs} ms`);
    const connected = () => {
      this.#connected = true;
      clearTimeout(connecting);
    };
    request.on("socket", (socket) => {
      socket.unref();
      if (socket.connecting) socket.once(secured ? "secureConnect" : "connect", connected);
      else connected();
    });
  }

  explain(error: NodeJS.ErrnoException): Unanswered | "stale" {
    const suspect = this.#connected;
    if (this.#passed !== undefined) return { error: new HookError("TimedOut", this.#passed), suspect };
    // Only Node's short codes: a message may quote what the server sent.
    const code = /^[A-Z0-9_]{1,48}$/.test(error.code ?? "") ? error.code : "unknown cause";
    if (!suspect) return { error: new HookError("Unreachable", `no connection: ${code}`), suspect };
    if (this.#request.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE")) return "stale";
    return { error: new HookError("ConnectionLost", `the connection ended before the answer did: ${code}`), suspect };
  }

  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #after(ms: number, says: string): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#passed ??= says;
      this.#request.destroy(new Error(says));
    }, ms).unref();
    this.#timers.push(timer);
    return timer;
  }
}
