import type { POLICY_PHASES, QualityPolicyStatus } from "../../src/api/v1alpha1/qualitypolicy.ts";
import { setCondition } from "../../src/runtime/conditions.ts";
import type { Instant } from "../../src/runtime/plan.ts";
import type { PushState } from "./push.ts";
import type { PolicySnapshot } from "./snapshot.ts";

/** Where a policy stands: what its conditions say, and phase and message after them. */
export interface Standing {
  readonly phase: (typeof POLICY_PHASES)[number];
  readonly reason: string;
  readonly message: string;
}

const DASH = "–";

export function statusOf(snapshot: PolicySnapshot, now: Instant, at: Standing): QualityPolicyStatus {
  const { policy, runs, versions } = snapshot;
  const phaseOf = (phase: string) => runs.filter((run) => run.status?.phase === phase).length;
  const succeeded = phaseOf("Succeeded");
  const failed = phaseOf("Failed");
  const baseline = runs.find(({ metadata }) =>
    metadata.ownerReferences?.some(({ uid }) => uid === policy.metadata.uid),
  );
  const needed = policy.spec.triggers?.volume?.minInteractions;
  return {
    observedGeneration: policy.metadata.generation ?? 0,
    phase: at.phase,
    message: at.message.slice(0, 1024),
    display: {
      production: DASH,
      candidate: DASH,
      weight: DASH,
      collected: DASH,
      needed: needed === undefined ? DASH : String(needed),
      quality: DASH,
      reason: at.phase === "Available" ? DASH : at.reason,
    },
    conditions: conditions(snapshot, now, at),
    ...(baseline === undefined
      ? {}
      : {
          baseline: {
            trainingRun: baseline.metadata.name,
            ...(baseline.status?.modelVersion === undefined ? {} : { modelVersion: baseline.status.modelVersion }),
          },
        }),
    runs: { active: runs.length - succeeded - failed, succeeded, failed },
    versions: {
      total: versions.length,
      available: versions.filter((version) => version.status?.phase === "Available").length,
    },
  };
}

function conditions(
  { policy, status, dataPlane }: PolicySnapshot,
  now: Instant,
  { phase, reason, message }: Standing,
): NonNullable<QualityPolicyStatus["conditions"]> {
  const at = { now, observedGeneration: policy.metadata.generation ?? 0 };
  const accepted = phase !== "Invalid" && phase !== "Conflict";
  let list = setCondition(
    status.conditions ?? [],
    accepted
      ? { type: "Valid", status: "True", reason: "Accepted", message: "The spec can be carried out." }
      : { type: "Valid", status: "False", reason, message },
    at,
  );
  list = setCondition(
    list,
    { type: "Available", status: phase === "Available" ? "True" : "False", reason, message },
    at,
  );
  list = setCondition(list, collecting(dataPlane, accepted), at);
  const missing = [...(dataPlane === undefined ? WITH_A_DATA_PLANE : []), ...NOT_IMPLEMENTED].join(", ");
  list = setCondition(
    list,
    {
      type: "NotImplemented",
      status: "True",
      reason: "NotImplemented",
      message: `This release only checks, and does not carry out: ${missing}.`,
    },
    at,
  );
  return [...list];
}

type Wanted = Parameters<typeof setCondition>[1];

/** Whether interactions are taken and judged as this policy says. */
function collecting(dataPlane: PushState | undefined, accepted: boolean): Wanted {
  const type = "Collecting";
  if (dataPlane === undefined)
    return { type, status: "False", reason: "NotInstalled", message: "This installation has no learning API." };
  if (!accepted)
    return { type, status: "False", reason: "NotAccepted", message: "The learning API is not told of this policy." };
  if (dataPlane.state === "inForce")
    return { type, status: "True", reason: "InForce", message: "The learning API works by this policy." };
  if (dataPlane.state === "pending")
    return { type, status: "Unknown", reason: "Telling", message: "The learning API is being told of this policy." };
  const message = `The learning API could not be told of this policy, and is tried again: ${dataPlane.message}`;
  return { type, status: "Unknown", reason: "Unreachable", message };
}

/** Parts of the spec that the data plane carries out, where there is one. */
const WITH_A_DATA_PLANE = ["privacy", "assessment", "dataset"];

/** Parts of the spec that are checked and kept, and that nothing acts on yet. */
const NOT_IMPLEMENTED = ["mode", "triggers", "promotion", "canary", "serving.keepVersions", "serving.scaling"];
