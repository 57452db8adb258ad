/** Bridges of pods and containers, and their way out of the machine: one nft table of our own, no iptables rule. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bridge, dockerBridge, dockerPool, madeDir, stateDir } from "./paths.ts";
import { attempt, run } from "./shell.ts";

/** Our nft table (family ip). kube-proxy's are named `kube-proxy` in families ip and ip6. */
export const natTable = "qi-learning";

/** Kernel settings pods need, with the value each had before us: a file in the state folder until `down`. */
const settings = ["/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/bridge/bridge-nf-call-iptables"];
const formerSettings = join(stateDir, "former-settings.json");

/** Makes the bridges with their addresses, before anything binds to them. */
export async function ensureNetwork(): Promise<void> {
  await attempt("modprobe", ["br_netfilter"]); // built in, or absent: Services between pods then need it not
  if (!networkIsOurs() && existsSync(`/sys/class/net/${bridge.name}`)) {
    const why = "another cluster, with another cache folder, runs on this machine, or its folder was deleted";
    throw new Error(
      `Bridge ${bridge.name} is there, but not ours: ${why}. Take that one down, or: ip link delete ${bridge.name}`,
    );
  }
  changeSettings();
  for (const { name, address } of [bridge, dockerBridge]) {
    if (existsSync(`/sys/class/net/${name}`)) continue;
    await run("ip", ["link", "add", name, "type", "bridge"]);
    await run("ip", ["address", "add", `${address}/16`, "dev", name]);
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
  return bridgesAmong(await run("ip", ["-o", "-4", "address", "show", "type", "bridge"]));
}

/** Picks our bridges out of the lines of `ip -o -4 address`: by name, or by an address out of dockerd's pool. */
export function bridgesAmong(lines: string): string[] {
  const pool = dockerPool.split(".").slice(0, 2).join(".");
  return lines.split("\n").flatMap((line) => {
    const [, name = "", , address = ""] = line.trim().split(/\s+/);
    const ours = name === bridge.name || name === dockerBridge.name || address.startsWith(`${pool}.`);
    return name !== "" && ours ? [name] : [];
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
  const present = settings.filter((path) => existsSync(path));
  const former = present.map((path): [string, string] => [path, readFileSync(path, "utf8").trim()]);
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
