/** Stopping the cluster and leaving the machine as it was: images, tools and the registry's data stay in the cache. */
import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { ensureContainerd, kubernetesNamespace, removeContainers } from "./containerd.ts";
import {
  bridges,
  cgroups,
  contained,
  leftovers,
  mounts,
  nftTables,
  type Scope,
  shimSockets,
  strayFiles,
  strays,
} from "./leftovers.ts";
import { withLock } from "./lock.ts";
import { restoreSettings } from "./network.ts";
import { partNames } from "./parts.ts";
import { configDir, stateDir } from "./paths.ts";
import { end, stopProcess, wasStarted } from "./processes.ts";
import { attempt, progress } from "./shell.ts";

/** Ends everything the cluster started, however far `up` came; throws with a list when something stays. */
export function down(scope: Scope): Promise<void> {
  return withLock("cluster", () => stopAll(scope));
}

async function stopAll(scope: Scope): Promise<void> {
  progress("Stopping the cluster …");
  const sockets = shimSockets(scope); // read before their bundles go
  // Nothing they hold is needed any more, so there is no grace; the kubelet goes with them, before it can restart a pod.
  const others = partNames.filter((name) => name !== "containerd" && name !== "dockerd");
  await Promise.all(others.map((name) => stopProcess(name, name === "registry" ? 2 : 0)));
  await removePods();
  if (!scope.keepDocker) await stopProcess("dockerd", 15);
  // Its memory of pods is as old as it is: also where dockerd goes on, a new one takes over the running containers.
  await stopProcess("containerd", 5);
  for (const record of [...strays(scope), ...contained(scope)]) await end(record, 0);
  for (const path of mounts(scope)) await unmount(path);
  for (const table of await nftTables(scope)) await attempt("nft", ["delete", "table", ...table.split(" ")]);
  for (const name of await bridges(scope)) await attempt("ip", ["link", "delete", name]);
  for (const group of cgroups(scope)) rmdirSync(group);
  removeFiles([...strayFiles(), ...sockets]);
  if (!scope.keepDocker) restoreSettings();
  const left = await leftovers(scope);
  if (left.length > 0) throw new Error(`Could not remove all of the cluster:\n  ${left.join("\n  ")}`);
  forget(scope); // last: until here a second `down` finds what this one needed to know
  if (scope.keepDocker && wasStarted("dockerd")) await ensureContainerd();
}

/** containerd's database is kept for its images; pods in it must go, and only a running containerd can remove them. */
async function removePods(): Promise<void> {
  if (!wasStarted("containerd")) return;
  await ensureContainerd();
  await removeContainers(kubernetesNamespace);
}

/** A mount that is still in use, say by a process that is dying, goes away with its last user. */
async function unmount(path: string): Promise<void> {
  if ((await attempt("umount", [path])).code !== 0) await attempt("umount", ["--lazy", path]);
}

/** Removes files outside our cache, and the folders that stand empty without them. */
function removeFiles(paths: readonly string[]): void {
  for (const path of paths) rmSync(path, { force: true });
  for (const dir of [
    "/var/log/containers",
    "/var/lib/cni/results",
    "/var/lib/kubelet/device-plugins",
    "/run/containerd/s",
    "/run/docker/plugins",
  ]) {
    for (const empty of [dir, dirname(dir)]) {
      if (existsSync(empty) && readdirSync(empty).length === 0 && empty !== "/var/log") rmdirSync(empty);
    }
  }
}

/** Logs stay until the next `up`: they are what one wants after a failure. */
function forget({ keepDocker }: Scope): void {
  rmSync(join(configDir, "kube-proxy.yaml"), { force: true });
  rmSync(join(configDir, "kubelet.yaml"), { force: true });
  const kept = keepDocker ? ["logs", "run", "pids", "config", "former-settings.json"] : ["logs"];
  const names = existsSync(stateDir) ? readdirSync(stateDir) : [];
  for (const name of names.filter((name) => !kept.includes(name))) rmSync(join(stateDir, name), { recursive: true });
}
