import { parseArgs } from "node:util";
import { runOperator } from "./processes/operator.ts";
import { createLogger } from "./runtime/logging.ts";
import { runSidecar } from "./sidecar/run.ts";

const usage = `usage: qi-learning COMMAND [FLAGS]

  operator   reconciles TrainingRuns, ModelVersions and QualityPolicies
             --config FILE [--namespace NAME] [--kubeconfig FILE] [--port 8080]
  sidecar    stands beside Ollama in a ModelVersion's pod
             --config FILE

  --log-level debug|info|warn|error`;

/** The only composition root: one image, one binary, a command for each process. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      config: { type: "string" },
      namespace: { type: "string" },
      kubeconfig: { type: "string" },
      port: { type: "string", default: "8080" },
      "log-level": { type: "string", default: "info" },
    },
  });
  const [command] = positionals;
  const log = createLogger({ level: values["log-level"], name: command ?? "qi-learning" });
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort(new Error(signal)));
  if (values.config === undefined || (command !== "operator" && command !== "sidecar")) {
    console.error(usage);
    return 2;
  }
  if (command === "sidecar") {
    await runSidecar({ configPath: values.config, env: process.env, logger: log, signal: stop.signal });
    return 0;
  }
  return runOperator({
    configPath: values.config,
    namespace: values.namespace,
    kubeconfig: values.kubeconfig,
    port: Number(values.port),
    log,
    signal: stop.signal,
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
