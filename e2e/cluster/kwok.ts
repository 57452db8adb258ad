/** KWOK plays the kubelets of nodes that do not exist; it leaves the real node alone. */
import { kubeconfigPath } from "./paths.ts";
import type { Command } from "./processes.ts";
import { ensureTool } from "./tools.ts";

/** Marks the nodes that it plays. */
export const fakeNodeAnnotation = { "kwok.x-k8s.io/node": "fake" } as const;

export async function kwok(): Promise<Command> {
  const [[key, value]] = Object.entries(fakeNodeAnnotation) as [[string, string]];
  const flags = [
    ["--kubeconfig", kubeconfigPath],
    ["--manage-nodes-with-annotation-selector", `${key}=${value}`],
    ["--node-lease-duration-seconds", "40"],
    ["--server-address", "127.0.0.1:10247"],
  ];
  return { program: await ensureTool("kwok"), args: flags.flat() };
}
