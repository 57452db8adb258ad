import { connect, createServer, type Socket } from "node:net";

/** Stands between a client and a server on loopback, and breaks what passes as networks do. */
export interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** Connections that are open by now; those that were left half open included. */
  readonly connections: number;
  /**
   * Leaves every connection half open: nothing passes any more in either direction, and neither side is told. New ones
   * are as good as any, unless `newOnes` too.
   */
  silence(newOnes?: boolean): void;
  /** New connections pass again; the silenced stay silent. */
  heal(): void;
  /** From now on new connections go there; those that are open end, as a Service's do when its endpoint changes. */
  moveTo(target: ProxyTarget): void;
}

export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
}

export async function startProxy(first: ProxyTarget): Promise<Proxy> {
  let target = first;
  const sockets = new Set<Socket>();
  let silent = new WeakSet<Socket>();
  let allSilent = false;
  const pass = (from: Socket, to: Socket) => {
    sockets.add(from);
    from.on("data", (bytes) => {
      if (!silent.has(from)) to.write(bytes);
    });
    from.on("error", () => undefined);
    from.on("close", () => {
      sockets.delete(from);
      // Who is cut off does not learn that the other has gone.
      if (!silent.has(from)) to.destroy();
    });
  };
  const server = createServer((client) => {
    const upstream = connect(target.port, target.host);
    if (allSilent) for (const socket of [client, upstream]) silent.add(socket);
    pass(client, upstream);
    pass(upstream, client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    port: address.port,
    get connections() {
      return sockets.size / 2;
    },
    silence: (newOnes = false) => {
      silent = new WeakSet(sockets);
      allSilent = newOnes;
    },
    heal: () => {
      allSilent = false;
    },
    moveTo: (other) => {
      target = other;
      for (const socket of sockets) socket.destroy();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
