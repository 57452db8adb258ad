import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { MANIFEST_FILES } from "./project.ts";

const MOST_LEVELS = 20;

export interface Roots {
  /** Nearest folder upwards with a manifest, else the repository's. */
  readonly project: string;
  /** Nearest folder upwards with `.git`. */
  readonly repository: string | undefined;
}

/** Undefined: not in a project. The home folder is none, whatever lies in it: it would be read whole. */
export async function findRoots(from: string, home = homedir()): Promise<Roots | undefined> {
  let project: string | undefined;
  let folder = resolve(from);
  for (let level = 0; level < MOST_LEVELS && folder !== home; level++) {
    if (project === undefined && (await anyOf(folder, MANIFEST_FILES))) project = folder;
    if (await anyOf(folder, [".git"])) return { project: project ?? folder, repository: folder };
    if (dirname(folder) === folder) break;
    folder = dirname(folder);
  }
  return project === undefined ? undefined : { project, repository: undefined };
}

async function anyOf(folder: string, names: readonly string[]): Promise<boolean> {
  const found = await Promise.all(names.map((name) => access(join(folder, name)).then(yes, no)));
  return found.includes(true);
}

const yes = () => true;
const no = () => false;
