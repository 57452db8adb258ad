import type { ChildProcess } from "node:child_process";
import type { Target } from "./target.ts";

export interface Forwarded {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
}

/**
 * Does `work` with a Service at a URL of this machine, by kubectl's port-forward: works on any cluster, from anywhere,
 * and through NetworkPolicies, which see no connection.
 */
export async function forwarded<T>(
  on: Target,
  { namespace, service, port }: Forwarded,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const forward = on.spawnKubectl(["port-forward", `service/${service}`, `:${port}`, "--namespace", namespace]);
  try {
    return await work(`http://127.0.0.1:${await portOf(forward)}`);
  } finally {
    forward.kill();
  }
}

/** The local port, as kubectl says it; rejects with kubectl's words when it ends without. */
function portOf(forward: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = "";
    const read = (text: Buffer) => {
      said += text.toString();
      const port = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (port !== undefined) resolve(Number(port));
    };
    forward.stdout?.on("data", read);
    forward.stderr?.on("data", read);
    forward.on("error", reject);
    forward.on("exit", () => reject(new Error(`kubectl port-forward ended: ${said.trim()}`)));
  });
}
