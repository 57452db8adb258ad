import { request } from "undici";
import { z } from "zod";
import { forwarded } from "./forward.ts";
import type { Target } from "./target.ts";

const answer = z.object({ message: z.object({ content: z.string() }) });

/** Asks a ModelVersion through its Service. */
export function ask(on: Target, namespace: string, version: string, question: string): Promise<string> {
  return forwarded(on, { namespace, service: version, port: 11434 }, async (url) => {
    const { statusCode, body } = await request(`${url}/api/chat`, {
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
  });
}
