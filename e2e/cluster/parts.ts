/** The parts of the cluster in the order of their start, each with its command and the question that shows it ready. */
import { containerdAnswers, ensureContainerd } from "./containerd.ts";
import { etcd, etcdUrl, kubeApiServer, kubeControllerManager, kubeScheduler } from "./control-plane.ts";
import { dockerAnswers, ensureDocker } from "./docker.ts";
import { kwok } from "./kwok.ts";
import { coreDns, kubelet, kubeProxy } from "./node.ts";
import { apiServerUrl, bridge, containerdSocket, dockerSocket, registryAddress, s3Url } from "./paths.ts";
import { answers, status } from "./probes.ts";
import { type Command, findProcess, lastWords, startProcess, stopProcess } from "./processes.ts";
import { registryCommand } from "./registry.ts";
import { s3Command } from "./s3.ts";
import { waitUntil } from "./shell.ts";
import { localPathProvisioner } from "./storage.ts";

export interface Part {
  readonly address: string;
  readonly ready: () => Promise<boolean>;
  /** Either a command that we run and record, or a function that does both. */
  readonly command?: () => Promise<Command>;
  readonly start?: () => Promise<unknown>;
  /** Runs only when asked for: not running is no fault. */
  readonly optional?: boolean;
}

const parts = {
  containerd: { address: containerdSocket, ready: containerdAnswers, start: ensureContainerd },
  dockerd: { address: dockerSocket, ready: dockerAnswers, start: ensureDocker, optional: true },
  registry: {
    address: registryAddress,
    ready: () => answers(`http://${registryAddress}/v2/`),
    command: registryCommand,
  },
  versitygw: { address: s3Url, ready: async () => (await status(s3Url)) !== undefined, command: s3Command },
  etcd: { address: etcdUrl, ready: () => answers(`${etcdUrl}/health`), command: etcd },
  "kube-apiserver": { address: apiServerUrl, ready: () => answers(`${apiServerUrl}/readyz`), command: kubeApiServer },
  "kube-controller-manager": {
    address: "127.0.0.1:10257",
    ready: () => answers("https://127.0.0.1:10257/healthz"),
    command: kubeControllerManager,
  },
  "kube-scheduler": {
    address: "127.0.0.1:10259",
    ready: () => answers("https://127.0.0.1:10259/healthz"),
    command: kubeScheduler,
  },
  kubelet: {
    address: `${bridge.address}:10250`,
    ready: () => answers("http://127.0.0.1:10248/healthz"),
    command: kubelet,
  },
  "kube-proxy": {
    address: "127.0.0.1:10256",
    ready: () => answers("http://127.0.0.1:10256/healthz"),
    command: kubeProxy,
  },
  coredns: { address: `${bridge.address}:53`, ready: () => answers("http://127.0.0.1:8181/ready"), command: coreDns },
  // It serves nothing; that it runs on is all it shows.
  "local-path-provisioner": { address: "-", ready: async () => true, command: localPathProvisioner },
  kwok: {
    address: "127.0.0.1:10247",
    ready: () => answers("http://127.0.0.1:10247/healthz"),
    command: kwok,
    optional: true,
  },
} satisfies Record<string, Part>;

export type PartName = keyof typeof parts;
export const partNames = Object.keys(parts) as PartName[];

export function part(name: PartName): Part {
  return parts[name];
}

/** Starts a part unless it runs, and waits until it is ready. */
export async function startPart(name: PartName): Promise<void> {
  const { command, start, ready } = part(name);
  if (start !== undefined) await start();
  else if (command !== undefined && findProcess(name) === undefined) startProcess(name, await command());
  try {
    await waitUntil(`${name} is ready`, 60, () => {
      if (findProcess(name) === undefined) throw new Error(`${name} ended right after its start`);
      return ready();
    });
  } catch (error) {
    throw new Error(`${(error as Error).message}. Its last words:\n${lastWords(name)}`);
  }
}

/** Stops a part as a fault would (SIGKILL) or, given some seconds, gracefully. Others go on. */
export async function stopPart(name: PartName, graceSeconds = 0): Promise<void> {
  await stopProcess(name, graceSeconds);
}
