/** Debian packages the testbed needs, installed on first use. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attempt, lastLines, progress } from "./shell.ts";

/** Docker and containerd with what they run on; `nftables` also for kube-proxy, `xz-utils` for prebuilt tools. */
export const containerPackages = [
  "containerd",
  "containernetworking-plugins",
  "debootstrap",
  "docker.io",
  "iproute2",
  "nftables",
  "openssl",
  "runc",
  "xz-utils",
] as const;

/** Bridges, mounts and control groups are root's; said at once, not by the first part that fails. */
export function requireRoot(): void {
  if (process.getuid?.() !== 0)
    throw new Error("The cluster and its dockerd need root: run this as root, for instance with sudo -E");
}

/**
 * Makes sure that Debian packages are installed.
 *
 * Debian starts a package's services on installation; we run our own containerd and dockerd on our own
 * sockets, and a second pair would be left for the user to find. invoke-rc.d asks a policy script first:
 * we give it one that says no (101) and take it away again.
 */
export async function ensurePackages(names: readonly string[]): Promise<void> {
  const missing = await missingPackages(names);
  if (missing.length === 0) return;
  const root = process.getuid?.() === 0;
  const sudo = root ? [] : ["sudo", "-n"];
  if (!existsSync("/usr/bin/apt-get") || (!root && (await attempt("sudo", ["-n", "true"])).code !== 0)) {
    throw new Error(`Install these Debian packages first (needs apt-get as root): ${missing.join(" ")}`);
  }
  progress(`Installing Debian packages: ${missing.join(" ")} …`);
  const scratch = mkdtempSync(join(tmpdir(), "qi-packages-"));
  const policy = "/usr/sbin/policy-rc.d";
  const ours = !existsSync(policy);
  const privileged = async (...command: string[]) => {
    const [program, ...args] = [...sudo, ...command];
    const result = await attempt(program ?? "false", args, { env: { DEBIAN_FRONTEND: "noninteractive" } });
    if (result.code !== 0) throw new Error(`${command.join(" ")} failed:\n${lastLines(result.stderr)}`);
  };
  try {
    if (ours) {
      writeFileSync(join(scratch, "policy-rc.d"), "#!/bin/sh\nexit 101\n");
      await privileged("install", "-m", "755", join(scratch, "policy-rc.d"), policy);
    }
    await privileged("apt-get", "update", "-qq");
    await privileged("apt-get", "install", "-qq", "--no-install-recommends", ...missing);
  } finally {
    if (ours) await privileged("rm", "-f", policy);
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function missingPackages(names: readonly string[]): Promise<string[]> {
  // dpkg-query fails when one is unknown, yet lists the others: only its lines count.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the format is dpkg-query's own
  const query = await attempt("dpkg-query", ["-W", "-f", "${Package} ${db:Status-Status}\n", ...names]);
  return notInstalled(names, query.stdout);
}

/** Which of `names` the lines "package status" of dpkg-query do not call installed. */
export function notInstalled(names: readonly string[], lines: string): string[] {
  const installed = new Set(
    lines
      .split("\n")
      .filter((line) => line.endsWith(" installed"))
      .map((line) => line.split(" ")[0]),
  );
  return names.filter((name) => !installed.has(name));
}
