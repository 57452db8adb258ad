import { request } from "undici";
import { type SidecarStatus, sidecarStatus } from "../sidecar/status.ts";

export type { SidecarStatus } from "../sidecar/status.ts";

/** Far more than a status needs: a pod that answers with more is not a sidecar of ours. */
const LIMIT = 64 * 1024;

/** What the sidecar at `address` (host:port) says of itself. Rejects when it does not answer, or not like a sidecar. */
export async function askSidecar(address: string, signal: AbortSignal): Promise<SidecarStatus> {
  const { statusCode, body } = await request(`http://${address}/status`, {
    signal,
    headersTimeout: 5_000,
    bodyTimeout: 5_000,
  });
  let text = "";
  for await (const chunk of body) {
    text += chunk;
    if (text.length > LIMIT) throw new Error(`the sidecar at ${address} answered with more than ${LIMIT} bytes`);
  }
  if (statusCode !== 200) throw new Error(`the sidecar at ${address} answered ${statusCode}`);
  return sidecarStatus.parse(JSON.parse(text));
}
