import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

/** A server on the loopback that answers request after request from a list of handlers; the last one answers all that follow. */
export class ScriptedServer {
  /** Paths and queries asked for. */
  readonly asked: URL[] = [];
  readonly #server: Server;

  private constructor(script: readonly Handler[]) {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? "/", "http://server");
      this.asked.push(url);
      script[Math.min(this.asked.length, script.length) - 1]?.(request, response, url);
    });
  }

  static async start(script: readonly Handler[]): Promise<ScriptedServer> {
    const server = new ScriptedServer(script);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export const json =
  (body: unknown, code = 200, headers: Record<string, string> = {}): Handler =>
  (_, response) =>
    void response.writeHead(code, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
