/** Why a pod is not running yet, in one word; each with what a person can do about it. */
export type WaitingReason =
  /** The nodes have such GPUs, but none that is free now. */
  | "InsufficientGPU"
  | "InsufficientMemory"
  | "InsufficientCPU"
  /** No node could hold the pod, even if nothing else ran there. */
  | "NoNodeFits"
  /** Node selector or affinity matches no node. */
  | "NoMatchingNode"
  | "UntoleratedTaint"
  | "Unschedulable"
  /** The image cannot be pulled. */
  | "ImageUnavailable"
  /** A Secret, ConfigMap or volume that the container needs is missing. */
  | "ContainerConfigInvalid"
  /** Images are being pulled, volumes mounted. */
  | "Starting"
  /** The pod has not been looked at by the scheduler. */
  | "Pending";

export interface Waiting {
  readonly reason: WaitingReason;
  readonly message: string;
}

/** The part of a pod that says why it waits. */
export interface PodLike {
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
    readonly initContainerStatuses?: readonly ContainerLike[];
    readonly containerStatuses?: readonly ContainerLike[];
  };
}

interface ContainerLike {
  readonly name: string;
  readonly image?: string;
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
}

const IMAGE_REASONS = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "RegistryUnavailable",
]);
const CONFIG_REASONS = new Set(["CreateContainerConfigError", "CreateContainerError", "RunContainerError"]);

/** Why the pod waits, from what the scheduler and the kubelet say of it; undefined when it does not. */
export function waitingReason(pod: PodLike, gpuResource: string): Waiting | undefined {
  if (pod.status?.phase !== "Pending") return undefined;
  const scheduled = pod.status.conditions?.find((condition) => condition.type === "PodScheduled");
  if (scheduled?.status === "False") return unschedulable(scheduled.message ?? "", gpuResource);
  if (scheduled === undefined) return { reason: "Pending", message: "The scheduler has not looked at the pod yet." };
  for (const container of [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])]) {
    const waiting = container.state?.waiting;
    if (waiting?.reason === undefined) continue;
    if (IMAGE_REASONS.has(waiting.reason))
      return {
        reason: "ImageUnavailable",
        message: `Image ${container.image ?? ""} of container ${container.name} cannot be pulled (${waiting.reason}): check its name, and imagePullSecrets if its registry asks for a log-in.`,
      };
    if (CONFIG_REASONS.has(waiting.reason))
      return {
        reason: "ContainerConfigInvalid",
        message: `Container ${container.name} cannot be created (${waiting.reason}): ${waiting.message ?? ""}`,
      };
  }
  return { reason: "Starting", message: "The node is pulling images and mounting volumes." };
}

function unschedulable(message: string, gpuResource: string): Waiting {
  const told = `The scheduler says: ${message}`;
  if (message.includes("Insufficient ") && fitsNowhere(message))
    return {
      reason: "NoNodeFits",
      message: `No node is large enough, even if nothing else ran there: add a node that is, or ask for less. ${told}`,
    };
  if (message.includes(`Insufficient ${gpuResource}`))
    return {
      reason: "InsufficientGPU",
      message: `No node has enough free ${gpuResource}: it starts when one has; add a GPU node, or ask for fewer GPUs. ${told}`,
    };
  if (message.includes("Insufficient memory")) return { reason: "InsufficientMemory", message: told };
  if (message.includes("Insufficient cpu")) return { reason: "InsufficientCPU", message: told };
  if (message.includes("node selector") || message.includes("affinity"))
    return { reason: "NoMatchingNode", message: told };
  if (message.includes("taint")) return { reason: "UntoleratedTaint", message: told };
  return { reason: "Unschedulable", message: told };
}

/**
 * Whether no node could ever hold the pod as nodes are now. The scheduler tells the two apart itself: where taking
 * pods off a node would make room it looks for victims, where it would not it says that preemption is not helpful.
 */
function fitsNowhere(message: string): boolean {
  const [, nodes, unhelpful] =
    /preemption: 0\/(\d+) nodes are available: (\d+) Preemption is not helpful/.exec(message) ?? [];
  return nodes !== undefined && nodes === unhelpful;
}
