import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { dockerCli, ensureDocker } from "../../e2e/cluster/docker.ts";
import { cacheDir } from "../../e2e/cluster/paths.ts";
import { ensurePytest } from "../python.ts";
import { junitTotals, type Totals } from "./totals.ts";

const source = join(import.meta.dirname, "../../trainer-image");

/**
 * pytest inside the training image: the CUDA build that users run, on a CPU, as the same user and with a read-only root.
 * Only pytest itself and the servers that the tests talk to come from outside. No network but loopback.
 */
export async function testTrainer(image: string, env: Readonly<Record<string, string>>): Promise<Totals> {
  const host = await ensureDocker();
  const pytest = await ensurePytest();
  const out = join(cacheDir, "reports", "trainer");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true, mode: 0o777 });
  const programs = {
    ollama: env.QI_OLLAMA_BINARY,
    server: env.QI_LLAMA_SERVER_BINARY,
    quantize: env.QI_LLAMA_QUANTIZE_BINARY,
    s3: env.QI_VERSITYGW_BINARY,
  };
  const flags = [
    ...[
      "run",
      "--rm",
      "--network",
      "none",
      "--read-only",
      "--tmpfs",
      "/tmp:exec,mode=1777",
      "--tmpfs",
      "/work:uid=10001",
    ],
    ...["--volume", `${source}:/source:ro`, "--volume", `${pytest}:/pytest:ro`, "--volume", `${out}:/out`],
    ...["--volume", `${programs.ollama}:/servers/bin/ollama:ro`],
    ...["--volume", `${programs.server}:/servers/lib/ollama/llama-server:ro`],
    ...["--volume", `${programs.quantize}:/servers/bin/llama-quantize:ro`],
    ...["--volume", `${programs.s3}:/servers/bin/versitygw:ro`],
    ...["--env", "QI_OLLAMA_BINARY=/servers/bin/ollama", "--env", "QI_VERSITYGW_BINARY=/servers/bin/versitygw"],
    ...["--env", "QI_LLAMA_QUANTIZE_BINARY=/servers/bin/llama-quantize"],
    ...["--env", "PYTHONPATH=/source:/pytest", "--env", "OMP_NUM_THREADS=1"],
    ...["--user", "0:0", "--workdir", "/source", "--entrypoint", "python3", image],
    ...["-m", "pytest", "-p", "no:cacheprovider", "-q", "--junitxml", "/out/junit.xml"],
  ];
  const child = spawn(dockerCli(), flags, {
    env: { ...process.env, DOCKER_HOST: host },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // In one piece at the end: others print meanwhile.
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => said.push(chunk));
  await once(child, "close");
  process.stdout.write(Buffer.concat(said));
  const file = join(out, "junit.xml");
  if (!existsSync(file)) throw new Error("the trainer's tests did not run: see above");
  return junitTotals(readFileSync(file, "utf8"));
}
