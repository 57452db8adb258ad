/** The list of sha256 sums that ready-made tools must have. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

export const checksums = join(import.meta.dirname, "tools.sha256");

/** Throws unless `actual` is the sum that the list holds for `file`: a wrong binary must never pass for a slow build. */
export function verifyChecksum(file: string, actual: string, list: ReadonlyMap<string, string>): void {
  const expected = list.get(file);
  if (expected === undefined)
    throw new Error(`${file} in QI_TOOLS_CACHE is not listed in ${checksums}: remove the file, or list its sha256`);
  if (actual !== expected)
    throw new Error(
      `${file} in QI_TOOLS_CACHE has sha256 ${actual}, but ${checksums} says ${expected}: replace or remove the file`,
    );
}

/** Reads the format of sha256sum: 64 hex digits, two spaces, a file name. */
export function parseChecksums(text: string): Map<string, string> {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return new Map(
    lines.map((line) => {
      const [, sum, file] = /^([0-9a-f]{64}) [ *](\S+)$/.exec(line) ?? [];
      if (sum === undefined || file === undefined) throw new Error(`${checksums}: not a line of sha256sum: ${line}`);
      return [file, sum];
    }),
  );
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
