import { homedir } from "node:os";
import { ensureKubectl } from "../cluster/kubectl.ts";
import { kubeconfigPath } from "../cluster/paths.ts";
import { ensureTool } from "../cluster/tools.ts";
import { type Target, target } from "./target.ts";

/** The cluster that e2e/cluster runs on this machine. */
export async function localTarget(): Promise<Target> {
  const kubectl = await ensureKubectl();
  return target({
    kubectl: [kubectl],
    helm: [await ensureTool("helm")],
    env: { KUBECONFIG: kubeconfigPath },
    kubectlWords: kubectl.startsWith(`${homedir()}/`) ? kubectl.replace(homedir(), "~") : kubectl,
  });
}
