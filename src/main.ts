import { parseArgs } from "node:util";
import { createLogger } from "./runtime/logging.ts";

const usage = `usage: qi-learning COMMAND [FLAGS]

  operator   reconciles TrainingRuns, ModelVersions and QualityPolicies
             --config FILE [--namespace NAME] [--kubeconfig FILE] [--port 8080]
  sidecar    stands beside Ollama in a ModelVersion's pod
             --config FILE
  learning   the learning API, with the review page; with SQLite, its workers, too
             --config FILE [--port 8080]
  worker     assesses interactions and builds datasets, beside a learning API on Postgres
             --config FILE [--port 8080]
  dev        all of the data plane in one process, on this machine only
             [--policy FILE] [--folder DIR] [--port 4680]
  redact     shows what the privacy filter makes of files
             [--policy FILE] [--jsonl] [FILE ...]
  replay     tries again what assessment gave up, or lists it
             [--list] [--url URL] [ID ...]

  --log-level debug|info|warn|error`;

const OPTIONS = {
  config: { type: "string" },
  namespace: { type: "string" },
  kubeconfig: { type: "string" },
  port: { type: "string" },
  policy: { type: "string" },
  folder: { type: "string" },
  "log-level": { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/**
 * The only way in: one image, one binary, a command for each process. Each loads only what it runs: a sidecar is not to
 * pay for a database client.
 */
async function main([command, ...rest]: readonly string[]): Promise<number> {
  if (command === "redact") {
    const { redactCommand } = await import("./learning/privacy/cli.ts");
    return redactCommand(rest, process.stdin, process.stdout, process.stderr);
  }
  if (command === "replay") {
    const { replayCommand } = await import("./processes/replay.ts");
    return replayCommand(rest, process.env, process.stdout, process.stderr);
  }
  if (command === "--help" || command === "-h" || command === "help") {
    console.log(usage);
    return 0;
  }
  const run = command === undefined ? undefined : COMMANDS[command];
  if (run === undefined) {
    console.error(command === undefined ? usage : `There is no command ${command}.\n\n${usage}`);
    return 2;
  }
  const values = flagsIn(rest);
  if (typeof values === "string") {
    console.error(`${values}\n\n${usage}`);
    return 2;
  }
  if (values.help === true) {
    console.log(usage);
    return 0;
  }
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort(new Error(signal)));
  return run(values, stop.signal);
}

type Values = { readonly [name in Exclude<keyof typeof OPTIONS, "help">]?: string | undefined } & {
  readonly help?: boolean | undefined;
};

/** The flags, or what is wrong with them. */
function flagsIn(args: readonly string[]): Values | string {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const COMMANDS: Readonly<Record<string, (values: Values, signal: AbortSignal) => Promise<number>>> = {
  operator: async (values, signal) => {
    const { runOperator } = await import("./processes/operator.ts");
    const { namespace, kubeconfig } = values;
    return runOperator({
      configPath: configIn(values),
      namespace,
      kubeconfig,
      port: portIn(values),
      log: log("operator", values),
      signal,
    });
  },
  sidecar: async (values, signal) => {
    const { runSidecar } = await import("./sidecar/run.ts");
    await runSidecar({ configPath: configIn(values), env: process.env, logger: log("sidecar", values), signal });
    return 0;
  },
  learning: async (values, signal) => {
    const { runLearning } = await import("./processes/learning.ts");
    return runLearning({
      configPath: configIn(values),
      port: portIn(values),
      env: process.env,
      log: log("learning", values),
      signal,
    });
  },
  worker: async (values, signal) => {
    const { runWorker } = await import("./processes/worker.ts");
    return runWorker({
      configPath: configIn(values),
      port: portIn(values),
      env: process.env,
      log: log("worker", values),
      signal,
    });
  },
  dev: async (values, signal) => {
    const { runDev } = await import("./processes/dev.ts");
    return runDev({
      policyPath: values.policy,
      folder: values.folder,
      port: portIn(values, 4680),
      env: process.env,
      log: log("dev", { "log-level": values["log-level"] ?? "warn" }),
      signal,
      say: console.log,
    });
  },
};

const log = (name: string, values: Pick<Values, "log-level">) =>
  createLogger({ level: values["log-level"] ?? "info", name });

function configIn({ config }: Values): string {
  if (config === undefined) throw new Error(`--config FILE is missing.\n\n${usage}`);
  return config;
}

function portIn({ port }: Values, usual = 8080): number {
  const number = Number(port ?? usual);
  if (!Number.isInteger(number) || number < 0 || number > 65_535)
    throw new Error(`--port takes 0 to 65535, not ${port}`);
  return number;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
