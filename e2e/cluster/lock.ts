/** One at a time across processes: two test runs may both want the cluster, dockerd or a tool at the same moment. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir, madeDir } from "./paths.ts";
import { identify, type PidRecord, sameProcess } from "./processes.ts";
import { waitUntil } from "./shell.ts";

/** Half an hour: as long as the slowest build from source takes. */
const patienceSeconds = 1800;

/** Runs `work` while holding the lock of that name; a holder that died holds nothing. Not reentrant. */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const path = join(madeDir(join(cacheDir, "locks")), name);
  await waitUntil(`the lock ${path} is free`, patienceSeconds, async () => acquired(path));
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function acquired(path: string): boolean {
  try {
    writeFileSync(path, JSON.stringify(identify(process.pid)), { flag: "wx" });
    return true;
  } catch {
    if (holderIsGone(path)) rmSync(path, { force: true });
    return false;
  }
}

function holderIsGone(path: string): boolean {
  try {
    const holder = JSON.parse(readFileSync(path, "utf8")) as PidRecord;
    return !sameProcess(holder, identify(holder.pid));
  } catch {
    return false; // being written or removed right now
  }
}
