/** What makes this machine the cluster's node: kubelet, kube-proxy, and CoreDNS on the bridge's address. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { certificates } from "./certificates.ts";
import { ensurePodCgroup, podCgroup } from "./cgroups.ts";
import { kubernetesPart } from "./control-plane.ts";
import { bridge, configDir, containerdSocket, kubeconfigPath, kubeletDir, madeDir, stateDir } from "./paths.ts";
import type { Command } from "./processes.ts";
import { ensureTool } from "./tools.ts";

export const nodeName = "node1";
/** Logs of pods; /var/log/containers gets links into it. */
export const podLogsDir = join(stateDir, "pod-logs");

export async function kubelet(): Promise<Command> {
  ensurePodCgroup();
  const config = writeConfig("kubelet", {
    kind: "KubeletConfiguration",
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    address: bridge.address,
    healthzBindAddress: "127.0.0.1",
    authentication: { anonymous: { enabled: false }, x509: { clientCAFile: certificates.ca.certificate } },
    authorization: { mode: "Webhook" },
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    clusterDNS: [bridge.address],
    clusterDomain: "cluster.local",
    cgroupDriver: "cgroupfs",
    cgroupRoot: podCgroup,
    failCgroupV1: false,
    failSwapOn: false,
    // Pods share the disk with everything else on the machine: eviction and image removal would act on others' use.
    localStorageCapacityIsolation: false,
    evictionHard: {},
    imageGCHighThresholdPercent: 100,
    makeIPTablesUtilChains: false,
    serializeImagePulls: false,
    podLogsDir,
    volumePluginDir: madeDir(join(kubeletDir, "volume-plugins")),
  });
  return kubernetesPart("kubelet", {
    config,
    kubeconfig: kubeconfigPath,
    "root-dir": kubeletDir,
    "cert-dir": join(kubeletDir, "pki"),
    "node-ip": bridge.address,
    "hostname-override": nodeName,
  });
}

export function kubeProxy(): Promise<Command> {
  const config = writeConfig("kube-proxy", {
    kind: "KubeProxyConfiguration",
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    clientConnection: { kubeconfig: kubeconfigPath },
    mode: "nftables",
    clusterCIDR: bridge.subnet,
    hostnameOverride: nodeName,
    healthzBindAddress: "127.0.0.1:10256",
    metricsBindAddress: "127.0.0.1:10249",
    nodePortAddresses: [`${bridge.address}/32`],
    // The machine's connection tracking is not ours to tune.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
  });
  return kubernetesPart("kube-proxy", { config });
}

export async function coreDns(): Promise<Command> {
  const corefile = join(madeDir(configDir), "Corefile");
  writeFileSync(
    corefile,
    `.:53 {
  bind ${bridge.address}
  errors
  ready 127.0.0.1:8181
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    kubeconfig ${kubeconfigPath}
    pods insecure
    fallthrough in-addr.arpa ip6.arpa
  }
  forward . /etc/resolv.conf
  cache 5
}
`,
  );
  return { program: await ensureTool("coredns"), args: ["-conf", corefile] };
}

/** JSON is YAML. */
function writeConfig(name: string, config: object): string {
  const path = join(madeDir(configDir), `${name}.yaml`);
  writeFileSync(path, JSON.stringify(config, undefined, 2));
  return path;
}
