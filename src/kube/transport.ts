import { Agent, type Dispatcher, request } from "undici";
import type { Status } from "./api.ts";
import type { Milliseconds } from "./clock.ts";
import type { ClusterConfig } from "./config.ts";
import { ApiError, refusal } from "./errors.ts";

type Answer = Dispatcher.ResponseData<unknown>;

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: object;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
  /** Verb, resource and object, for errors. */
  readonly tried: string;
}

export interface TransportOptions {
  /** Until the headers of an answer, and between two pieces of its body; 30 s unless told. */
  readonly timeout?: Milliseconds;
  readonly userAgent?: string;
  /** Told of each answer (`code` as text) and of each failure to get one (`<error>`, as client-go has it). */
  onAnswer?(answer: { method: string; code: string; host: string }): void;
}

/** Requests to one API server over kept connections. It knows HTTP and bearer tokens, and nothing of kinds. */
export class Transport {
  readonly #config: ClusterConfig;
  readonly #options: TransportOptions;
  readonly #requests: Agent;
  /** Its own, so that long watches never take the places of short requests, nor wait for them. */
  readonly #watches: Agent;

  constructor(config: ClusterConfig, options: TransportOptions = {}) {
    this.#config = config;
    this.#options = options;
    const { ca, cert, key, serverName } = config;
    const timeout = options.timeout ?? 30_000;
    const common = {
      // Watches end by being aborted, and undici's HTTP/2 has leaked aborted requests (undici #5566).
      allowH2: false,
      headersTimeout: timeout,
      connect: {
        timeout: 10_000,
        rejectUnauthorized: config.insecureSkipTlsVerify !== true,
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
        ...(serverName === undefined ? {} : { servername: serverName }),
      },
    };
    this.#requests = new Agent({ ...common, connections: 32, keepAliveTimeout: 20_000, bodyTimeout: timeout });
    // No body timeout: a quiet watch is healthy. The reflector's idle timeout knows when quiet is too quiet.
    this.#watches = new Agent({ ...common, bodyTimeout: 0 });
  }

  async json<T>(what: ApiRequest): Promise<T> {
    return JSON.parse(await this.text(what)) as T;
  }

  async text(what: ApiRequest): Promise<string> {
    const answer = await this.#send(what, this.#requests);
    try {
      return await answer.body.text();
    } catch (error) {
      throw this.#broken(what, error);
    }
  }

  /** An answer whose body is read as it comes. */
  async stream(what: ApiRequest): Promise<AsyncIterable<Uint8Array>> {
    const { body } = await this.#send(what, this.#watches);
    const broken = (error: unknown) => this.#broken(what, error);
    return (async function* () {
      try {
        yield* body as AsyncIterable<Uint8Array>;
      } catch (error) {
        throw broken(error);
      }
    })();
  }

  async close(): Promise<void> {
    await Promise.all([this.#requests.destroy(), this.#watches.destroy()]);
  }

  async #send(what: ApiRequest, dispatcher: Agent): Promise<Answer> {
    const url = new URL(this.#config.server + what.path);
    for (const [name, value] of Object.entries(what.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const token = await this.#config.token();
    const answer = await this.#answer(what, url, {
      method: what.method,
      dispatcher,
      headers: {
        accept: "application/json",
        "user-agent": this.#options.userAgent ?? "qi-learning",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(what.body === undefined ? {} : { "content-type": what.contentType ?? "application/json" }),
      },
      ...(what.body === undefined ? {} : { body: JSON.stringify(what.body) }),
      ...(what.signal === undefined ? {} : { signal: what.signal }),
    });
    if (answer.statusCode < 300) return answer;
    const said = await answer.body.text().catch(() => "");
    throw refusal(what.tried, answer.statusCode, statusIn(said), retryAfterIn(answer.headers["retry-after"]));
  }

  async #answer(what: ApiRequest, url: URL, options: Parameters<typeof request>[1]): Promise<Answer> {
    const seen = { method: what.method, host: url.host };
    try {
      const answer = await request(url, options);
      this.#options.onAnswer?.({ ...seen, code: String(answer.statusCode) });
      return answer;
    } catch (error) {
      this.#options.onAnswer?.({ ...seen, code: "<error>" });
      throw this.#broken(what, error);
    }
  }

  /** What the caller aborted fails as the caller said; anything else is a server out of reach. */
  #broken(what: ApiRequest, error: unknown): unknown {
    if (what.signal?.aborted) return what.signal.reason;
    const { code, message } = error as { code?: string; message?: string };
    return new ApiError({
      message: `${what.tried}: no answer from ${this.#config.server} (${code ?? message ?? "unknown"})`,
      status: 0,
      reason: "Unreachable",
      cause: error,
    });
  }
}

/** An API server explains itself in a Status; a proxy in front of it in a line of text or in nothing. */
function statusIn(body: string): Status {
  try {
    const parsed = JSON.parse(body) as Status;
    if (typeof parsed === "object" && parsed !== null) return parsed;
  } catch {
    // Not JSON: a proxy's own page.
  }
  return { message: body.slice(0, 200).trim() };
}

/** Only seconds: API servers send no dates. */
function retryAfterIn(header: string | string[] | undefined): Milliseconds | undefined {
  const seconds = Number(Array.isArray(header) ? header[0] : header);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
