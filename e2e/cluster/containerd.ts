/** Our own containerd: Debian's binary with its own root, state and socket. The kubelet and dockerd both use it. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.ts";
import { containerPackages, ensurePackages } from "./packages.ts";
import {
  bridge,
  configDir,
  containerdRoot,
  containerdSocket,
  madeDir,
  registryAddress,
  runDir,
  stateDir,
} from "./paths.ts";
import { findProcess, lastWords, startProcess } from "./processes.ts";
import { attempt, run, waitUntil } from "./shell.ts";

export const pauseImage = `${registryAddress}/pause:1`;
/** containerd's namespace of the kubelet's containers; dockerd's are in `moby`. */
export const kubernetesNamespace = "k8s.io";
/** Where host-local remembers which pod has which address. */
export const addressesDir = join(stateDir, "cni-addresses");

export function ensureContainerd(): Promise<void> {
  return withLock("containerd", startContainerd);
}

async function startContainerd(): Promise<void> {
  if (findProcess("containerd") === undefined) {
    await ensurePackages(containerPackages);
    madeDir(runDir);
    writeFileSync(
      join(madeDir(join(configDir, "cni")), "10-qi.conflist"),
      JSON.stringify(podNetworkConfig(), undefined, 2),
    );
    const config = join(configDir, "containerd.toml");
    writeFileSync(config, containerdConfig());
    startProcess("containerd", { program: "containerd", args: ["--config", config] });
  }
  await waitUntil("containerd answers", 20, containerdAnswers).catch((error: Error) => {
    throw new Error(`${error.message}:\n${lastWords("containerd")}`);
  });
}

export async function containerdAnswers(): Promise<boolean> {
  return existsSync(containerdSocket) && (await attempt("ctr", ["-a", containerdSocket, "version"])).code === 0;
}

/** containerd's own client, on our socket, in the kubelet's namespace. */
export function ctr(args: readonly string[], namespace: string = kubernetesNamespace): Promise<string> {
  return run("ctr", ["-a", containerdSocket, "-n", namespace, ...args]);
}

/** The main process of a container of a pod, as the host sees it: what a scenario kills to play a crash. */
export async function containerPid(namespace: string, pod: string, container: string): Promise<number> {
  const named = [
    `labels."io.kubernetes.pod.namespace"==${namespace}`,
    `labels."io.kubernetes.pod.name"==${pod}`,
    `labels."io.kubernetes.container.name"==${container}`,
  ].join(",");
  const ids = (await ctr(["containers", "ls", "-q", named])).split("\n").filter((id) => id !== "");
  const tasks = (await ctr(["tasks", "ls"])).split("\n").map((line) => line.trim().split(/\s+/));
  const running = tasks.find(([id, , status]) => id !== undefined && ids.includes(id) && status === "RUNNING");
  if (running === undefined) throw new Error(`No running container ${container} in pod ${namespace}/${pod}`);
  return Number(running[1]);
}

/** Ends and forgets every container of a namespace: containerd's database outlives the cluster that made them. */
export async function removeContainers(namespace: string): Promise<void> {
  const client = (args: readonly string[]) => attempt("ctr", ["-a", containerdSocket, "-n", namespace, ...args]);
  await Promise.all(
    (await listed(["tasks", "ls", "-q"], namespace)).map((id) => client(["tasks", "delete", "--force", id])),
  );
  for (const id of await listed(["containers", "ls", "-q"], namespace)) {
    await client(["containers", "delete", id]);
    await client(["snapshots", "delete", id]);
  }
}

async function listed(args: readonly string[], namespace: string): Promise<string[]> {
  return (await ctr(args, namespace)).split("\n").filter((line) => line !== "");
}

/** `restrict_oom_score_adj`: without CAP_SYS_RESOURCE runc cannot lower its score and dies with an unrelated message. */
function containerdConfig(): string {
  return `version = 2
root = ${JSON.stringify(containerdRoot)}
state = ${JSON.stringify(join(runDir, "containerd"))}
[grpc]
  address = ${JSON.stringify(containerdSocket)}
[plugins."io.containerd.internal.v1.opt"]
  path = ${JSON.stringify(join(containerdRoot, "opt"))}
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${JSON.stringify(pauseImage)}
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = ${JSON.stringify(join(configDir, "cni"))}
  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        Root = ${JSON.stringify(join(runDir, "runc"))}
`;
}

/** Addresses are leased under our state, so that `down` takes them along; masquerading is ours too (network.ts). */
function podNetworkConfig(): object {
  return {
    cniVersion: "0.4.0",
    name: "qi-pods",
    plugins: [
      {
        type: "bridge",
        bridge: bridge.name,
        isGateway: true,
        hairpinMode: true,
        ipam: {
          type: "host-local",
          ranges: [[{ subnet: bridge.subnet, gateway: bridge.address }]],
          routes: [{ dst: "0.0.0.0/0" }],
          dataDir: addressesDir,
        },
      },
    ],
  };
}
