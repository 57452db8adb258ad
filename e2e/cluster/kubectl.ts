/** kubectl of the cluster's own version: a subcommand of the multi-call binary. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir, kubeconfigPath, madeDir } from "./paths.ts";
import { run } from "./shell.ts";
import { ensureTool } from "./tools.ts";

export async function kubectl(args: readonly string[], input = ""): Promise<string> {
  return run(await ensureTool("kubernetes"), ["kubectl", "--kubeconfig", kubeconfigPath, ...args], { input });
}

/** A kubectl for people and for tests on machines that have none: a script that knows this cluster. Answers its path. */
export async function ensureKubectl(): Promise<string> {
  const path = join(madeDir(cacheDir), "kubectl");
  const script = `#!/bin/sh\nexport KUBECONFIG="\${KUBECONFIG:-${kubeconfigPath}}"\nexec "${await ensureTool("kubernetes")}" kubectl "$@"\n`;
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  return path;
}

/** Applies manifests given as YAML. */
export async function apply(manifests: string): Promise<void> {
  await kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], manifests);
}
