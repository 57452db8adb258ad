/** The default StorageClass: local-path-provisioner, run on the host, makes a folder for each claim when its pod is scheduled. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { configDir, kubeconfigPath, madeDir, volumesDir } from "./paths.ts";
import type { Command } from "./processes.ts";
import { clusterBaseImage } from "./registry.ts";
import { ensureTool } from "./tools.ts";

const namespace = "local-path-storage";
const provisioner = "rancher.io/local-path";

/** Its scripts run in a helper pod, which mounts them from the ConfigMap. */
export const storageManifests = `
apiVersion: v1
kind: Namespace
metadata: { name: ${namespace} }
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: local-path
  annotations: { storageclass.kubernetes.io/is-default-class: "true" }
provisioner: ${provisioner}
volumeBindingMode: WaitForFirstConsumer
reclaimPolicy: Delete
---
apiVersion: v1
kind: ConfigMap
metadata: { name: local-path-config, namespace: ${namespace} }
data:
  setup: mkdir -m 0777 -p "$VOL_DIR"
  teardown: rm -rf "$VOL_DIR"
`;

const helperPod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "helper-pod" },
  spec: { containers: [{ name: "helper-pod", image: clusterBaseImage, imagePullPolicy: "IfNotPresent" }] },
};

export async function localPathProvisioner(): Promise<Command> {
  const config = join(madeDir(configDir), "local-path.json");
  const paths = [{ node: "DEFAULT_PATH_FOR_NON_LISTED_NODES", paths: [madeDir(volumesDir)] }];
  writeFileSync(config, JSON.stringify({ nodePathMap: paths }));
  const pod = join(configDir, "local-path-pod.yaml");
  writeFileSync(pod, JSON.stringify(helperPod));
  const flags = [
    ["--config", config],
    ["--kubeconfig", kubeconfigPath],
    ["--namespace", namespace],
    ["--provisioner-name", provisioner],
    ["--service-account-name", "default"],
    ["--configmap-name", "local-path-config"],
    ["--helper-image", clusterBaseImage],
    ["--helper-pod-file", pod],
  ];
  return { program: await ensureTool("local-path-provisioner"), args: ["start", ...flags.flat()] };
}
