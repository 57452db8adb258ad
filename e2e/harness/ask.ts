import { z } from "zod";
import type { Target } from "./target.ts";

const answer = z.object({ message: z.object({ content: z.string() }) });

/** Asks a ModelVersion through its Service, by way of the API server's proxy: works on any cluster, from anywhere. */
export async function ask(on: Target, namespace: string, version: string, question: string): Promise<string> {
  const body = {
    model: version,
    stream: false,
    think: false,
    messages: [{ role: "user", content: question }],
    options: { temperature: 0, num_predict: 128 },
  };
  const path = `/api/v1/namespaces/${namespace}/services/http:${version}:11434/proxy/api/chat`;
  const text = await on.kubectl(["create", "--raw", path, "-f", "-"], JSON.stringify(body));
  return answer.parse(JSON.parse(text)).message.content.trim();
}
