/** Nodes with GPUs that do not exist: KWOK keeps them Ready and plays their pods' lives, so that scheduling is real. */
import { apply, kubectl } from "./kubectl.ts";
import { fakeNodeAnnotation } from "./kwok.ts";
import { startPart } from "./parts.ts";
import { stopProcess } from "./processes.ts";
import { progress } from "./shell.ts";

const fakeLabel = "qi-learning.dev/fake-gpus";
/** Kept off ordinary pods, which must really run; pods that ask for GPUs tolerate it by admission. */
const taint = { key: "nvidia.com/gpu", value: "present", effect: "NoSchedule" };
const capacity = { cpu: "64", memory: "512Gi", pods: "110", "nvidia.com/gpu": "8" };

/** Makes the cluster have exactly `count` fake nodes, each of 8 GPUs; none of them is left at 0. */
export async function setFakeGpuNodes(count: number): Promise<void> {
  const present = (await kubectl(["get", "nodes", "-l", fakeLabel, "-o", "name"]))
    .split("\n")
    .filter((name) => name !== "");
  const wanted = Array.from({ length: count }, (_, index) => `gpu-${index + 1}`);
  const surplus = present.map((name) => name.replace("node/", "")).filter((name) => !wanted.includes(name));
  for (const name of surplus) {
    await kubectl(["delete", "pods", "-A", "--field-selector", `spec.nodeName=${name}`, "--force", "--grace-period=0"]);
    await kubectl(["delete", "node", name]);
  }
  if (count === 0) return stopProcess("kwok");
  await startPart("kwok");
  await apply(wanted.map((name) => JSON.stringify(fakeNode(name))).join("\n---\n"));
  await kubectl(["wait", "node", "-l", fakeLabel, "--for=condition=Ready", "--timeout=60s"]);
  progress(`${count} fake node${count === 1 ? "" : "s"} of 8 GPUs: ${wanted.join(", ")}`);
}

function fakeNode(name: string): object {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      annotations: fakeNodeAnnotation,
      labels: {
        [fakeLabel]: "true",
        "kubernetes.io/hostname": name,
        "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3",
      },
    },
    spec: { taints: [taint] },
    status: { capacity, allocatable: capacity },
  };
}
