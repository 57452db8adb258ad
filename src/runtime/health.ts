import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";

/** A named condition for being ready: undefined when it holds, else why not. */
export type ReadinessCheck = () => string | undefined;

export interface HealthOptions {
  readonly port: number;
  readonly host?: string;
  readonly registry: Registry;
  readonly checks: Readonly<Record<string, ReadinessCheck>>;
  /** Undefined: it goes on; else why it should be started again. Unless given, a process that answers is alive. */
  readonly alive?: () => string | undefined;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** /healthz (the process answers, and goes on), /readyz (it knows what it should) and /metrics. */
export async function serveHealth(options: HealthOptions): Promise<HealthServer> {
  const server = createServer(async (request, response) => {
    const reply = (code: number, body: string, type = "text/plain; charset=utf-8") =>
      response.writeHead(code, { "content-type": type }).end(body);
    switch (request.url?.split("?")[0]) {
      case "/healthz": {
        const problem = options.alive?.();
        return problem === undefined ? reply(200, "ok") : reply(503, problem);
      }
      case "/readyz": {
        const report = Object.entries(options.checks).map(([name, check]) => ({ name, problem: check() }));
        const lines = report.map(({ name, problem }) =>
          problem === undefined ? `[+]${name} ok` : `[-]${name}: ${problem}`,
        );
        return reply(report.every(({ problem }) => problem === undefined) ? 200 : 503, `${lines.join("\n")}\n`);
      }
      case "/metrics":
        return reply(200, await options.registry.metrics(), options.registry.contentType);
      default:
        return reply(404, "not found");
    }
  });
  await listen(server, options.port, options.host);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number, host = "0.0.0.0"): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
