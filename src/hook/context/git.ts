import { dirname, isAbsolute, join, resolve } from "node:path";
import { readText } from "./reading.ts";

export interface Git {
  readonly branch: string | undefined;
  /** `host/path` of the remote `origin`: the same for everyone who cloned it, however they did. */
  readonly repository: string | undefined;
}

/** Reads git's files rather than starting git, which costs a process and may ask for a password. */
export async function readGit(projectRoot: string): Promise<Git | undefined> {
  const folder = await gitFolder(projectRoot);
  if (folder === undefined) return undefined;
  const head = await readText(join(folder, "HEAD"));
  const common = (await readText(join(folder, "commondir")))?.trim();
  const config = await readText(join(common === undefined ? folder : resolve(folder, common), "config"));
  const branch = /^ref: refs\/heads\/(.{1,255})$/m.exec(head ?? "")?.[1];
  return { branch, repository: repositoryOf(originUrl(config ?? "")) };
}

/** `.git`, or where a worktree's or submodule's file of that name points. */
async function gitFolder(root: string): Promise<string | undefined> {
  const folder = join(root, ".git");
  if ((await readText(join(folder, "HEAD"))) !== undefined) return folder;
  const pointer = /^gitdir: (.+)$/m.exec((await readText(folder)) ?? "")?.[1]?.trim();
  if (pointer === undefined) return undefined;
  return isAbsolute(pointer) ? pointer : resolve(dirname(folder), pointer);
}

function originUrl(config: string): string {
  const section = /^\s*\[remote "origin"\]\s*$([^[]*)/m.exec(config)?.[1] ?? "";
  return /^\s*url\s*=\s*(\S+)\s*$/m.exec(section)?.[1] ?? "";
}

/** Without user, password, query and `.git`. A remote on the same machine names nothing that others share: undefined. */
export function repositoryOf(url: string): string | undefined {
  const short = /^(?:[^@/\s]+@)?([A-Za-z0-9.-]{2,}):(?!\/\/)(.+)$/.exec(url);
  if (short?.[1] !== undefined && short[2] !== undefined) return tidy(short[1], short[2]);
  if (!URL.canParse(url)) return undefined;
  const { protocol, host, pathname } = new URL(url);
  return protocol !== "file:" && host !== "" ? tidy(host, pathname) : undefined;
}

function tidy(host: string, path: string): string | undefined {
  const name = path
    .replace(/[?#].*$/, "")
    .replace(/^\/+|\/+$/g, "")
    .replace(/\.git$/, "");
  const repository = `${host.toLowerCase()}/${name}`;
  return name === "" || repository.length > 256 ? undefined : repository;
}
