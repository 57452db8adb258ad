import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer, Wait } from "testcontainers";
import { SERVER_LABEL } from "../../../e2e/harness/server-label.ts";
import { freePort } from "../free-port.ts";

export interface ServerOptions {
  /** Environment variable that names the image. */
  readonly image: string;
  readonly port: number;
  /** What the log says, this many times, once it is ready. */
  readonly ready: readonly [RegExp, number];
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Path in the container → options of a tmpfs: a small disk that can be filled. */
  readonly tmpfs?: Readonly<Record<string, string>>;
}

/** A real server in a container on loopback. Its port stays the same over kill and start. */
export interface Server extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Where other containers reach it, on its own port. */
  readonly insideAddress: string;
  /** SIGKILL to the whole container, without warning. */
  kill(): Promise<void>;
  /** Starts a killed one again over the same files; ready when it resolves. */
  start(): Promise<void>;
  /** Freezes all its processes, and lets them go on: connections stay open and say nothing. */
  pause(): Promise<void>;
  unpause(): Promise<void>;
  /** Runs a command in it; throws what it said when it fails. */
  exec(command: readonly string[]): Promise<string>;
}

export async function startServer(options: ServerOptions): Promise<Server> {
  const image = process.env[options.image];
  if (image === undefined)
    throw new Error(
      `${options.image} is not set: run these tests with \`npm test\`, or \`eval "$(npm run --silent servers)"\` first.`,
    );
  const port = await freePort();
  const [words, times] = options.ready;
  let definition = new GenericContainer(image)
    .withLabels({ [SERVER_LABEL]: "true" })
    .withExposedPorts({ container: options.port, host: port })
    .withWaitStrategy(Wait.forLogMessage(words, times))
    .withStartupTimeout(60_000);
  if (options.command !== undefined) definition = definition.withCommand([...options.command]);
  if (options.env !== undefined) definition = definition.withEnvironment({ ...options.env });
  if (options.tmpfs !== undefined) definition = definition.withTmpFs({ ...options.tmpfs });
  const started = await definition.start();
  return asServer(started, port, options.port);
}

async function asServer(started: StartedTestContainer, port: number, inside: number): Promise<Server> {
  const runtime = await getContainerRuntimeClient();
  const container = runtime.container.getById(started.getId());
  const exec = async (command: readonly string[]) => {
    const { exitCode, output } = await started.exec([...command]);
    if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${output}`);
    return output;
  };
  return {
    host: "127.0.0.1",
    port,
    insideAddress: started.getIpAddress("bridge"),
    kill: async () => {
      await container.kill({ signal: "SIGKILL" });
      await container.wait();
    },
    start: async () => {
      await container.start();
      // Docker's proxy accepts before the server does: ask inside.
      await until(() => exec(["bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${inside}`]));
    },
    // With cgroup v1, one freeze of some hundreds fails ("unable to freeze") where processes are being started meanwhile;
    // runc thaws all of them then, so that it can be asked again.
    pause: () => until(async () => void (await container.pause())),
    unpause: async () => void (await container.unpause()),
    exec,
    [Symbol.asyncDispose]: async () => void (await container.remove({ force: true, v: true })),
  };
}

/** Again and again until it does not throw; after half a minute what it threw last. */
export async function until<T>(work: () => Promise<T>, milliseconds = 30_000): Promise<T> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
