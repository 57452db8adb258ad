/** Where the testbed keeps things, and at which addresses its parts listen. */
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Everything we write lives here: never the checkout, never another program's folders. */
export const cacheDir = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "qi-learning");

/** Built binaries, images as archives, and the registry's data: they survive `down`. */
export const toolsDir = join(cacheDir, "tools");
export const imagesDir = join(cacheDir, "images");
export const registryDir = join(cacheDir, "registry");
/** Layers of containerd and dockerd: they survive `down`, so that a second `up` pulls nothing. */
export const containerdRoot = join(cacheDir, "containerd");
export const dockerRoot = join(cacheDir, "docker");

/** What one life of the cluster leaves: configuration, sockets, logs, pid records, etcd and S3 data. */
export const stateDir = join(cacheDir, "cluster");
export const logsDir = join(stateDir, "logs");
export const pidsDir = join(stateDir, "pids");
export const configDir = join(stateDir, "config");
export const certificatesDir = join(stateDir, "certificates");
export const kubeletDir = join(stateDir, "kubelet");
export const runDir = join(stateDir, "run");
/** Volumes that the default StorageClass hands out. */
export const volumesDir = join(stateDir, "volumes");

export const containerdSocket = join(runDir, "containerd.sock");
export const dockerSocket = join(runDir, "docker.sock");
export const dockerHost = `unix://${dockerSocket}`;
export const kubeconfigPath = join(stateDir, "kubeconfig");

/** Pods' bridge: host and pods both reach what listens on its address; no one outside the machine does. */
export const bridge = {
  name: "qi0",
  address: "10.88.0.1",
  subnet: "10.88.0.0/16",
  hardware: "02:71:69:00:00:01",
} as const;
/** Bridge of containers that run directly under dockerd. */
export const dockerBridge = {
  name: "qi-docker0",
  address: "10.89.0.1",
  subnet: "10.89.0.0/16",
  hardware: "02:71:69:00:00:02",
} as const;
/** Networks that someone makes with `docker network create` get bridges out of this range. */
export const dockerPool = "10.90.0.0/16";

export const apiServerUrl = `https://${bridge.address}:6443`;
export const registryAddress = "127.0.0.1:5000";
export const s3Url = `http://${bridge.address}:7070`;

/** Makes `dir` and its parents, readable by its owner only, and answers it. */
export function madeDir(dir: string): string {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return dir;
}
