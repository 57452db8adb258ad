import type { POLICY_PHASES, QualityPolicyStatus } from "../../src/api/v1alpha1/qualitypolicy.ts";
import { setCondition } from "../../src/runtime/conditions.ts";
import type { Instant } from "../../src/runtime/plan.ts";
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
  { policy, status }: PolicySnapshot,
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
  const missing = NOT_IMPLEMENTED.join(", ");
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

/** Parts of the spec that are checked and kept, and that nothing acts on yet. */
const NOT_IMPLEMENTED = [
  "mode",
  "privacy",
  "assessment",
  "triggers",
  "dataset",
  "training.rehearsal",
  "training.gradientMask",
  "promotion",
  "canary",
  "serving.keepVersions",
  "serving.scaling",
];
