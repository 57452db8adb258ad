import type { ChildProcess } from "node:child_process";
import { request } from "undici";
import { z } from "zod";
import type { Target } from "./target.ts";

const answer = z.object({ message: z.object({ content: z.string() }) });

/**
 * Asks a ModelVersion through its Service, by kubectl's port-forward: works on any cluster, from anywhere, and through
 * NetworkPolicies, which see no connection.
 */
export async function ask(on: Target, namespace: string, version: string, question: string): Promise<string> {
  const forward = on.spawnKubectl(["port-forward", `service/${version}`, ":11434", "--namespace", namespace]);
  try {
    const { statusCode, body } = await request(`http://127.0.0.1:${await portOf(forward)}/api/chat`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: version,
        stream: false,
        think: false,
        messages: [{ role: "user", content: question }],
        options: { temperature: 0, num_predict: 128 },
      }),
    });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${version} answered ${statusCode}: ${text.slice(0, 300)}`);
    return answer.parse(JSON.parse(text)).message.content.trim();
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
