/** Starting the cluster: every step looks first whether it is done, so that `up` again only adds what is missing. */
import { existsSync, rmSync } from "node:fs";
import { ensureCertificates } from "./certificates.ts";
import { ensureClusterImages } from "./images.ts";
import { apply, kubectl } from "./kubectl.ts";
import { withLock } from "./lock.ts";
import { ensureNetwork } from "./network.ts";
import { nodeName } from "./node.ts";
import { containerPackages, ensurePackages, requireRoot } from "./packages.ts";
import { type PartName, part, startPart } from "./parts.ts";
import { apiServerUrl, bridge, kubeconfigPath, logsDir } from "./paths.ts";
import { findProcess, recordedNames } from "./processes.ts";
import { progress } from "./shell.ts";
import { storageManifests } from "./storage.ts";
import { ensureTool } from "./tools.ts";

const tools = ["kubernetes", "coredns", "registry", "versitygw", "local-path-provisioner"] as const;

/** Starts what does not run and answers the path of the administrator's kubeconfig once the node is Ready. */
export function up(): Promise<string> {
  return withLock("cluster", startAll);
}

async function startAll(): Promise<string> {
  const startedAt = Date.now();
  if (recordedNames().length === 0) rmSync(logsDir, { recursive: true, force: true }); // of the life before
  requireRoot();
  await ensurePackages(containerPackages);
  for (const tool of tools) await ensureTool(tool);
  await ensureNetwork();
  await ensureCertificates();
  await start("containerd", "registry", "versitygw", "etcd");
  await Promise.all([start("kube-apiserver"), ensureClusterImages()]);
  await start("kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "coredns");
  await apply([kubernetesEndpoints(), storageManifests].join("\n---\n"));
  await start("local-path-provisioner");
  await kubectl(["wait", `node/${nodeName}`, "--for=condition=Ready", "--timeout=90s"]);
  await kubectl(["wait", "serviceaccount/default", "--for=create", "--timeout=60s"]);
  progress(
    `The cluster is up after ${((Date.now() - startedAt) / 1000).toFixed(1)} s: export KUBECONFIG=${kubeconfigPath}`,
  );
  return kubeconfigPath;
}

async function start(...names: PartName[]): Promise<void> {
  const missing = names.filter((name) => findProcess(name) === undefined);
  if (missing.length > 0) progress(`Starting ${missing.join(", ")} …`);
  await Promise.all(names.map(startPart));
}

/** Where the Service `kubernetes` leads: the API server itself writes this no more (see its flags). */
function kubernetesEndpoints(): string {
  return JSON.stringify({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "kubernetes", namespace: "default", labels: { "kubernetes.io/service-name": "kubernetes" } },
    addressType: "IPv4",
    ports: [{ name: "https", port: Number(new URL(apiServerUrl).port) }],
    endpoints: [{ addresses: [bridge.address], conditions: { ready: true } }],
  });
}

export interface PartStatus {
  readonly name: PartName;
  readonly state: "ready" | "not ready" | "stopped" | "not needed yet";
  readonly pid: number | undefined;
  readonly address: string;
}

export async function partStatus(name: PartName): Promise<PartStatus> {
  const { address, ready, optional } = part(name);
  const pid = findProcess(name)?.pid;
  if (pid === undefined) return { name, pid, address, state: optional ? "not needed yet" : "stopped" };
  return { name, pid, address, state: (await ready()) ? "ready" : "not ready" };
}

/** Whether the node says that pods can run on it. */
export async function nodeReady(): Promise<boolean> {
  if (!existsSync(kubeconfigPath)) return false;
  const condition = '{.status.conditions[?(@.type=="Ready")].status}';
  return kubectl(["get", "node", nodeName, "--request-timeout=3s", "-o", `jsonpath=${condition}`]).then(
    (answer) => answer === "True",
    () => false,
  );
}
