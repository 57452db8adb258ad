import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ours = new Set<string>();

/** Where the tasks of one process put files: gone when it ends, and when it was killed, as soon as another begins here. */
export interface Workspace extends Disposable {
  /** A folder for one task; another's leavings never stand in its way. */
  fresh(): string;
}

/**
 * What a process that was killed left behind holds texts of a dataset that was being built: an erasure does not know of
 * them, so they must not stay. `root` may be shared with processes of this machine, but not with those of another
 * container, whose numbers mean nothing here. What is left under a number that somebody else has by now goes later.
 */
export function openWorkspace(root = tmpdir()): Workspace {
  for (const name of readdirSync(root)) {
    const pid = pidIn(name);
    if (pid !== undefined && !ours.has(join(root, name)) && isGone(pid)) removeLeft(join(root, name));
  }
  const folder = mkdtempSync(join(root, `qi-learning-${process.pid}-`));
  ours.add(folder);
  return {
    fresh: () => {
      mkdirSync(folder, { recursive: true });
      return mkdtempSync(join(folder, "task-"));
    },
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true, force: true });
      ours.delete(folder);
    },
  };
}

/** Another user's is theirs, and what another process removes at the same time is gone: neither may keep us from starting. */
function removeLeft(path: string): void {
  try {
    if (lstatSync(path).uid === process.getuid?.()) rmSync(path, { recursive: true, force: true });
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY", "EACCES", "EPERM"].includes(codeOf(error))) throw error;
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "";

function pidIn(name: string): number | undefined {
  const [, pid] = /^qi-learning-(\d+)-/.exec(name) ?? [];
  return pid === undefined ? undefined : Number(pid);
}

/** One with our own number ended before we began: in a container all have the same. */
function isGone(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
}
