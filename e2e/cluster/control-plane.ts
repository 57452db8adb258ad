/** Flags of etcd, the API server, the controllers and the scheduler. */
import { join } from "node:path";
import { certificates } from "./certificates.ts";
import { apiServerUrl, bridge, kubeconfigPath, stateDir } from "./paths.ts";
import type { Command } from "./processes.ts";
import { ensureTool } from "./tools.ts";

export const etcdUrl = "http://127.0.0.1:2379";
export const serviceRange = "10.96.0.0/16";

const { ca, apiServer, admin, serviceAccountKey } = certificates;

/** A part of the multi-call binary with its flags. */
export async function kubernetesPart(name: string, flags: Readonly<Record<string, string>>): Promise<Command> {
  const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  return { program: await ensureTool("kubernetes"), args: [name, ...args] };
}

/** Without fsync: a cluster that ends with the machine has nothing to lose in a power cut. */
export function etcd(): Promise<Command> {
  return kubernetesPart("etcd", {
    "data-dir": join(stateDir, "etcd"),
    "listen-client-urls": etcdUrl,
    "advertise-client-urls": etcdUrl,
    "listen-peer-urls": "http://127.0.0.1:2380",
    "unsafe-no-fsync": "true",
    "log-level": "warn",
  });
}

export function kubeApiServer(): Promise<Command> {
  return kubernetesPart("kube-apiserver", {
    "etcd-servers": etcdUrl,
    "bind-address": bridge.address,
    "advertise-address": bridge.address,
    "secure-port": new URL(apiServerUrl).port,
    "cert-dir": stateDir,
    "client-ca-file": ca.certificate,
    "tls-cert-file": apiServer.certificate,
    "tls-private-key-file": apiServer.key,
    "kubelet-client-certificate": admin.certificate,
    "kubelet-client-key": admin.key,
    "kubelet-preferred-address-types": "InternalIP",
    "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
    "service-account-key-file": serviceAccountKey,
    "service-account-signing-key-file": serviceAccountKey,
    "service-cluster-ip-range": serviceRange,
    "authorization-mode": "Node,RBAC",
    // Pods that ask for GPUs tolerate the taint of GPU nodes, as on a real GPU cluster.
    "enable-admission-plugins": "NodeRestriction,ExtendedResourceToleration",
    "allow-privileged": "true",
    // The lease-based reconciler waits for its leases to expire after a restart; we write the one endpoint ourselves.
    "endpoint-reconciler-type": "none",
  });
}

export function kubeControllerManager(): Promise<Command> {
  return kubernetesPart("kube-controller-manager", {
    kubeconfig: kubeconfigPath,
    "bind-address": "127.0.0.1",
    "leader-elect": "false",
    "use-service-account-credentials": "true",
    "service-account-private-key-file": serviceAccountKey,
    "root-ca-file": ca.certificate,
    "cluster-signing-cert-file": ca.certificate,
    "cluster-signing-key-file": ca.key,
  });
}

export function kubeScheduler(): Promise<Command> {
  return kubernetesPart("kube-scheduler", {
    kubeconfig: kubeconfigPath,
    "bind-address": "127.0.0.1",
    "leader-elect": "false",
  });
}
