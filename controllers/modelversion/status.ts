import type { MODEL_PHASES, ModelVersionStatus } from "../../src/api/v1alpha1/modelversion.ts";
import { waitingReason } from "../../src/domain/waiting.ts";
import { setCondition } from "../../src/runtime/conditions.ts";
import type { Instant } from "../../src/runtime/plan.ts";
import { readFrozen, SERVICE_PORT } from "./objects.ts";
import type { ServingPod, VersionSnapshot } from "./snapshot.ts";

/** Where a version stands: what its conditions say, and phase and message after them. */
export interface Standing {
  readonly phase: (typeof MODEL_PHASES)[number];
  readonly reason: string;
  readonly message: string;
  readonly nextAttemptTime?: string;
}

type PodStatus = NonNullable<ModelVersionStatus["pods"]>[number];

const DASH = "–";
/** A broken model and a broken pod look alike from outside: after this many restarts the pod is said to be broken. */
const CRASHES = 3;

/** Where a version stands that has a Deployment: as its pods, and the sidecars in them, say. */
export function standingOfPods(snapshot: VersionSnapshot, now: Instant): Standing {
  const wanted = snapshot.deployment?.spec?.replicas ?? 1;
  const ready = snapshot.pods.filter((serving) => isReady(serving, snapshot)).length;
  if (ready > 0)
    return { phase: "Available", reason: "Serving", message: `${ready} of ${wanted} pods answer from the artifact.` };
  const before = heldStanding(snapshot, now);
  if (before !== undefined) return before;
  const troubles = snapshot.pods.map((serving) => trouble(serving, snapshot));
  // A verdict about the artifact holds for every pod; a pod that only waits may be the newer one.
  return (
    troubles.find(({ phase }) => phase === "Failed") ??
    troubles[0] ?? { phase: "Pending", reason: "Starting", message: "The Deployment is about to start its pods." }
  );
}

/** How long what a sidecar said last is held to be so while it is not known what it says now. */
const PATIENCE = 30_000;

const isBeingAsked = ({ sidecar }: ServingPod, now: Instant) =>
  sidecar !== undefined && "unknown" in sidecar && now - sidecar.since < PATIENCE;

/** What the sidecars led to before the operator was restarted: not asking for a moment is no news about a version. */
function heldStanding({ pods, status }: VersionSnapshot, now: Instant): Standing | undefined {
  const { phase, message, display, nextAttemptTime } = status;
  if ((phase !== "Loading" && phase !== "Failed") || message === undefined || display === undefined) return undefined;
  if (!pods.some((serving) => isBeingAsked(serving, now))) return undefined;
  return { phase, reason: display.reason, message, ...(nextAttemptTime === undefined ? {} : { nextAttemptTime }) };
}

/**
 * Kubernetes says ready and the sidecar says from what: both, since either may be older than the other. A sidecar that
 * cannot be asked (the operator has just started, say) changes nothing about a version that is known to serve: its
 * readiness probe asks the same of it, from nearer.
 */
function isReady({ pod, sidecar }: ServingPod, { version, status }: VersionSnapshot): boolean {
  const { sha256 } = version.spec.artifact;
  if (pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") !== true) return false;
  if (sidecar === undefined || "unknown" in sidecar) return status.servedDigest === sha256;
  return sidecar.known.state === "Ready" && sidecar.known.servedDigest === sha256;
}

function trouble({ pod, sidecar }: ServingPod, snapshot: VersionSnapshot): Standing {
  const said = sidecar !== undefined && "known" in sidecar ? sidecar.known : undefined;
  if (said?.state === "Failed") return { phase: "Failed", reason: said.reason, message: said.message };
  const crashing = pod.status?.containerStatuses?.find(({ restartCount }) => restartCount >= CRASHES);
  if (crashing !== undefined)
    return {
      phase: "Loading",
      reason: "EngineCrashing",
      message: `Ollama has been restarted ${crashing.restartCount} times in pod ${pod.metadata.name}: look at its log; a model that needs more memory than serving.resources.memory ends like this.`,
    };
  if (said !== undefined)
    return {
      phase: "Loading",
      reason: said.reason,
      message: said.message,
      ...(said.nextAttemptTime === undefined ? {} : { nextAttemptTime: said.nextAttemptTime }),
    };
  const gpu = gpuOf(snapshot);
  return {
    phase: "Pending",
    ...(waitingReason(pod, gpu) ?? { reason: "Starting", message: `Pod ${pod.metadata.name} is starting.` }),
  };
}

/** The extended resource that the frozen template asks for, if any. */
function gpuOf({ frozen }: VersionSnapshot): string {
  if (frozen === undefined) return "nvidia.com/gpu";
  const requests = readFrozen(frozen).podTemplate.spec?.containers[0]?.resources?.requests ?? {};
  return Object.keys(requests).find((name) => name.includes("/")) ?? "nvidia.com/gpu";
}

export function statusOf(snapshot: VersionSnapshot, now: Instant, at: Standing): ModelVersionStatus {
  const { version, pods, frozen, deployment } = snapshot;
  const { servedDigest: _digest, nextAttemptTime: _next, ...before } = snapshot.status;
  const { name, namespace } = version.metadata;
  const ready = pods.filter((serving) => isReady(serving, snapshot)).length;
  const available = at.phase === "Available";
  return {
    ...before,
    observedGeneration: version.metadata.generation ?? 0,
    phase: at.phase,
    message: at.message.slice(0, 1024),
    display: { step: DASH, weight: DASH, verdict: DASH, reason: available ? DASH : at.reason },
    conditions: conditions(snapshot, now, at),
    replicas: deployment?.spec?.replicas ?? 0,
    readyReplicas: ready,
    pods: pods.slice(0, 16).map((serving) => said(serving, snapshot, now)),
    ...(frozen === undefined ? {} : { snapshot: frozen.metadata.name }),
    ...(available ? { servedDigest: version.spec.artifact.sha256 } : {}),
    ...(deployment === undefined ? {} : { endpoint: `http://${name}.${namespace}.svc:${SERVICE_PORT}` }),
    ...(at.nextAttemptTime === undefined ? {} : { nextAttemptTime: at.nextAttemptTime }),
  };
}

function said(serving: ServingPod, { status }: VersionSnapshot, now: Instant): PodStatus {
  const { pod, sidecar } = serving;
  const { name } = pod.metadata;
  const before = status.pods?.find((one) => one.name === name);
  if (before !== undefined && isBeingAsked(serving, now)) return before;
  if (sidecar === undefined)
    return { name, state: "Starting", reason: "Starting", message: "The pod has no address yet." };
  if ("unknown" in sidecar)
    return { name, state: "Unknown", reason: "NoAnswer", message: "The sidecar has not answered yet." };
  const { state, reason, message } = sidecar.known;
  return { name, state, reason, message: message.slice(0, 512) };
}

function conditions(
  { version, status }: VersionSnapshot,
  now: Instant,
  { phase, reason, message }: Standing,
): NonNullable<ModelVersionStatus["conditions"]> {
  const at = { now, observedGeneration: version.metadata.generation ?? 0 };
  const refused = reason === "InvalidSpec" || reason === "UriNotAllowed";
  const list = setCondition(
    status.conditions ?? [],
    refused
      ? { type: "Valid", status: "False", reason, message }
      : { type: "Valid", status: "True", reason: "Accepted", message: "The spec can be carried out." },
    at,
  );
  return [
    ...setCondition(list, { type: "Available", status: phase === "Available" ? "True" : "False", reason, message }, at),
  ];
}
