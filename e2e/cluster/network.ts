/** Bridges of pods and containers, and their way out of the machine: one nft table of our own, no iptables rule. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bridge, dockerBridge, dockerPool, madeDir, stateDir } from "./paths.ts";
import { attempt, run } from "./shell.ts";

/** Our nft table (family ip). kube-proxy's are named `kube-proxy` in families ip and ip6. */
export const natTable = "qi-learning";

/**
 * Kernel settings that pods need: to reach beyond the bridge, and to have a Service's answers from a pod on the same
 * bridge translated back. The value each had before us stands in a file of the state folder until `down`.
 */
const settings = ["/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/bridge/bridge-nf-call-iptables"];
const formerSettings = join(stateDir, "former-settings.json");

/** Makes the bridges with their addresses, before anything binds to them. */
export async function ensureNetwork(): Promise<void> {
  await attempt("modprobe", ["br_netfilter"]); // fails where it is built in; what counts is the setting it brings
  if (!networkIsOurs() && existsSync(`/sys/class/net/${bridge.name}`)) {
    const why = "another cluster, with another cache folder, runs on this machine, or its folder was deleted";
    throw new Error(
      `Bridge ${bridge.name} is there, but not ours: ${why}. Take that one down, or: ip link delete ${bridge.name}`,
    );
  }
  changeSettings();
  for (const { name, address, hardware } of [bridge, dockerBridge]) {
    if (!existsSync(`/sys/class/net/${name}`)) await run("ip", ["link", "add", name, "type", "bridge"]);
    // One that was not given to it is the least of what is plugged in, and another whenever a container comes or goes:
    // the others then send to where nobody is, until they ask again, and TCP waits for up to minutes.
    await run("ip", ["link", "set", name, "address", hardware]);
    await run("ip", ["address", "replace", `${address}/16`, "dev", name]);
    await run("ip", ["link", "set", name, "up"]);
  }
  await run("nft", ["-f", "-"], { input: natRules() });
}

/** Whether bridges, tables and control groups of our names are this state folder's; another's must not be removed. */
export function networkIsOurs(): boolean {
  return existsSync(formerSettings);
}

/** Our two bridges, and those dockerd made for networks that a user defined, as far as they exist. */
export async function ourBridges(): Promise<string[]> {
  if (!networkIsOurs()) return [];
  const named = [bridge.name, dockerBridge.name].filter((name) => existsSync(`/sys/class/net/${name}`));
  return [...named, ...bridgesInPool(await run("ip", ["-o", "-4", "address", "show", "type", "bridge"]))];
}

/** Names, out of the lines of `ip -o -4 address`, of bridges with an address of dockerd's pool. */
export function bridgesInPool(lines: string): string[] {
  const pool = dockerPool.split(".").slice(0, 2).join(".");
  return lines.split("\n").flatMap((line) => {
    const [, name = "", , address = ""] = line.trim().split(/\s+/);
    return address.startsWith(`${pool}.`) ? [name] : [];
  });
}

function natRules(): string {
  const leaving = [bridge.subnet, dockerBridge.subnet, dockerPool]
    .map((subnet) => `    ip saddr ${subnet} ip daddr != ${subnet} ip daddr != ${bridge.subnet} masquerade`)
    .join("\n");
  return `table ip ${natTable}
delete table ip ${natTable}
table ip ${natTable} {
  chain postrouting {
    type nat hook postrouting priority srcnat;
${leaving}
  }
}
`;
}

function changeSettings(): void {
  const missing = settings.filter((path) => !existsSync(path));
  if (missing.length > 0) throw new Error(`The kernel lacks ${missing.join(", ")}: load its module br_netfilter`);
  const former = settings.map((path): [string, string] => [path, readFileSync(path, "utf8").trim()]);
  madeDir(stateDir);
  if (!existsSync(formerSettings)) writeFileSync(formerSettings, JSON.stringify(former));
  for (const [path, value] of former) if (value !== "1") writeFileSync(path, "1");
}

/** Gives the kernel back the settings it had before us. */
export function restoreSettings(): void {
  if (!existsSync(formerSettings)) return;
  for (const [path, value] of JSON.parse(readFileSync(formerSettings, "utf8")) as [string, string][]) {
    if (readFileSync(path, "utf8").trim() !== value) writeFileSync(path, value);
  }
}
