import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Sha256 } from "./store.ts";

export function sha256Of(bytes: Uint8Array | string): Sha256 {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Feeds a file into `hash`; answers how many bytes it had. */
export async function hashFile(path: string, hash: Hash, signal?: AbortSignal): Promise<number> {
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) {
    hash.update(chunk);
    size += chunk.length;
  }
  return size;
}
