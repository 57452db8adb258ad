import { kubeconfigPath } from "../cluster/paths.ts";
import { ensureTool } from "../cluster/tools.ts";
import { type Target, target } from "./target.ts";

/** The cluster that e2e/cluster runs on this machine. */
export async function localTarget(): Promise<Target> {
  const env = { KUBECONFIG: kubeconfigPath };
  return target({
    kubectl: [await ensureTool("kubernetes"), "kubectl"],
    helm: [await ensureTool("helm")],
    env,
    kubectlWords: `kubectl --kubeconfig ${kubeconfigPath}`,
  });
}
