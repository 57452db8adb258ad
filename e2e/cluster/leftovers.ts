/**
 * What the cluster has on this machine at this moment, found by looking at the machine, not by remembering: `down`
 * removes it, then looks again. So it also cleans up after a crash of anything, itself included.
 */
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { ourCgroups, podCgroup } from "./cgroups.ts";
import { natTable, networkIsOurs, ourBridges } from "./network.ts";
import { podLogsDir } from "./node.ts";
import { bridge, cacheDir, configDir, dockerRoot, runDir } from "./paths.ts";
import { findProcess, identify, type PidRecord, recordedNames, strayProcesses } from "./processes.ts";
import { attempt } from "./shell.ts";

export interface Scope {
  /** Spares dockerd, its containers and their containerd: somebody may be building images. */
  readonly keepDocker: boolean;
}

/** All that is left, a line each; empty when the machine is as it was before `up`. */
export async function leftovers(scope: Scope): Promise<string[]> {
  const kept = scope.keepDocker ? ["containerd", "dockerd"] : [];
  const parts = recordedNames().filter((name) => !kept.includes(name) && findProcess(name) !== undefined);
  return [
    ...parts.map((name) => `process ${name}`),
    ...strays(scope).map(({ pid, command }) => `process ${pid}: ${command}`),
    ...mounts(scope).map((path) => `mount ${path}`),
    ...(await bridges(scope)).map((name) => `bridge ${name}`),
    ...(await nftTables(scope)).map((table) => `nft table ${table}`),
    ...cgroups(scope).map((path) => `cgroup ${path}`),
    ...strayFiles().map((path) => `file ${path}`),
  ];
}

/** Shims, port proxies and parts without a record; dockerd's are told by their name, its shims by their namespace. */
export function strays({ keepDocker }: Scope): PidRecord[] {
  const dockers = (command: string) =>
    command.includes("-namespace moby") || basename(command.split(" ")[0] ?? "").startsWith("docker");
  return strayProcesses().filter(({ command }) => !keepDocker || !dockers(command));
}

/** Processes that run in our control groups although their runtime is gone. */
export function contained(scope: Scope): PidRecord[] {
  const pids = cgroups(scope).flatMap((group) => readFileSync(join(group, "cgroup.procs"), "utf8").split("\n"));
  return [...new Set(pids.filter((pid) => pid !== ""))].flatMap((pid) => identify(Number(pid)) ?? []);
}

export function mounts({ keepDocker }: Scope): string[] {
  const dockers = [dockerRoot, join(runDir, "docker"), join(runDir, "containerd/io.containerd.runtime.v2.task/moby")];
  return mountsUnder(cacheDir, readFileSync("/proc/self/mountinfo", "utf8")).filter(
    (path) => !keepDocker || !dockers.some((dir) => `${path}/`.startsWith(`${dir}/`)),
  );
}

/** Mount points below `dir` in the order to unmount them: what was mounted last comes first. Octal escapes are the kernel's. */
export function mountsUnder(dir: string, mountinfo: string): string[] {
  return mountinfo
    .split("\n")
    .map((line) =>
      (line.split(" ")[4] ?? "").replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))),
    )
    .filter((path) => path.startsWith(`${dir}/`))
    .reverse();
}

export async function bridges({ keepDocker }: Scope): Promise<string[]> {
  return (await ourBridges()).filter((name) => !keepDocker || name === bridge.name);
}

/** kube-proxy's tables have a fixed name: they are ours only if a kube-proxy of ours was configured. */
export async function nftTables({ keepDocker }: Scope): Promise<string[]> {
  const ours = existsSync(join(configDir, "kube-proxy.yaml")) ? ["ip kube-proxy", "ip6 kube-proxy"] : [];
  if (!keepDocker && networkIsOurs()) ours.push(`ip ${natTable}`);
  const { stdout } = await attempt("nft", ["list", "tables"]);
  const present = new Set(stdout.split("\n").map((line) => line.replace(/^table /, "").trim()));
  return ours.filter((table) => present.has(table));
}

export function cgroups({ keepDocker }: Scope): string[] {
  if (!networkIsOurs()) return [];
  return ourCgroups().filter((path) => !keepDocker || new RegExp(`${podCgroup}(/|$)`).test(path));
}

/** Files that parts put at places of their own choice: container log links, CNI results, shim and device sockets. */
export function strayFiles(): string[] {
  const logLinks = entries("/var/log/containers").filter(
    (path) => lstatSync(path).isSymbolicLink() && readlinkSync(path).startsWith(podLogsDir),
  );
  const results = entries("/var/lib/cni/results").filter((path) => readFileSync(path, "utf8").includes(runDir));
  const deviceSocket = "/var/lib/kubelet/device-plugins/kubelet.sock";
  const kubeletRan = existsSync(join(configDir, "kubelet.yaml"));
  return [...logLinks, ...results, ...(kubeletRan && existsSync(deviceSocket) ? [deviceSocket] : [])];
}

/** Sockets of running shims: containerd puts them outside its state, under a digest that only the bundles know. */
export function shimSockets({ keepDocker }: Scope): string[] {
  const tasks = join(runDir, "containerd/io.containerd.runtime.v2.task");
  const bundles = entries(tasks)
    .filter((namespace) => !keepDocker || !namespace.endsWith("/moby"))
    .flatMap(entries);
  const addresses = bundles.map((bundle) => join(bundle, "address")).filter((path) => existsSync(path));
  return addresses.map((path) => readFileSync(path, "utf8").replace(/^unix:\/\//, ""));
}

function entries(dir: string): string[] {
  return existsSync(dir) ? readdirSync(dir).map((name) => join(dir, name)) : [];
}
