/** kubectl of the cluster's own version: a subcommand of the multi-call binary. */
import { kubeconfigPath } from "./paths.ts";
import { run } from "./shell.ts";
import { ensureTool } from "./tools.ts";

export async function kubectl(args: readonly string[], input = ""): Promise<string> {
  return run(await ensureTool("kubernetes"), ["kubectl", "--kubeconfig", kubeconfigPath, ...args], { input });
}

/** Applies manifests given as YAML. */
export async function apply(manifests: string): Promise<void> {
  await kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], manifests);
}
