import { open } from "node:fs/promises";
import type { Clock } from "../clock.ts";

const LONGEST_FILE = 262_144;

/** One look at a project: where, and until when. What cannot be read is not there. */
export interface Reading {
  readonly root: string;
  readonly inTime: () => boolean;
}

export function startReading(root: string, clock: Clock, budgetMs: number): Reading {
  const until = clock.elapsed() + budgetMs;
  return { root, inTime: () => clock.elapsed() < until };
}

/** The beginning of a text file; undefined where there is none. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, "r");
    try {
      if (!(await file.stat()).isFile()) return undefined;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST_FILE), 0, LONGEST_FILE, 0);
      return buffer.toString("utf8", 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
