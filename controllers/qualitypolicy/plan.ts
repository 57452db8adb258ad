import { API_VERSION } from "../../src/api/v1alpha1/common.ts";
import { ModelVersions, type QualityPolicy, type TrainingRun, TrainingRuns } from "../../src/api/v1alpha1/kinds.ts";
import type { QualityPolicyStatus } from "../../src/api/v1alpha1/qualitypolicy.ts";
import { nameWith } from "../../src/domain/identity.ts";
import { controlledBy } from "../../src/kube/object.ts";
import type { Adjustment, Instant, Plan } from "../../src/runtime/plan.ts";
import { MANAGED_BY, POLICY_LABEL } from "../common/labels.ts";
import type { PolicySnapshot } from "./snapshot.ts";
import { type Standing, statusOf } from "./status.ts";

export type PolicyPlan = Plan<QualityPolicyStatus>;

type Part = Partial<PolicyPlan> & { readonly why: readonly string[] };

/** The life of a QualityPolicy, as far as it goes: it is checked, and gets its baseline. */
export function plan(snapshot: PolicySnapshot, now: Instant): PolicyPlan {
  const part =
    goingAway(snapshot) ??
    invalid(snapshot, now) ??
    conflict(snapshot, now) ??
    bootstrapping(snapshot, now) ??
    settled(snapshot, now);
  return { create: [], apply: [], remove: [], events: [], ...part };
}

/** Its runs go with it by garbage collection, and its versions too where it owns them: nothing here has to live on for that. */
function goingAway({ policy }: PolicySnapshot): Part | undefined {
  if (policy.metadata.deletionTimestamp === undefined) return undefined;
  return { why: [`the policy is being deleted; deletionPolicy: ${policy.spec.deletionPolicy}`] };
}

/**
 * With deletionPolicy Delete the policy is an owner of its versions, and of none otherwise. An owner reference and no
 * finalizer: versions are then collected even when the operator was uninstalled first, and no namespace waits for it.
 */
function ownership({ policy, versions, spec }: PolicySnapshot): Adjustment[] {
  if ("invalid" in spec) return [];
  const owner = { ...controlledBy(policy), controller: false, blockOwnerDeletion: false };
  return versions.flatMap(({ metadata: { namespace = "", name, uid = "", ownerReferences = [] } }) => {
    const owned = ownerReferences.some((reference) => reference.uid === owner.uid);
    if (owned === (spec.valid.deletionPolicy === "Delete")) return [];
    const others = ownerReferences.filter((reference) => reference.uid !== owner.uid);
    const change = { metadata: { ownerReferences: owned ? others : [...others, owner] } };
    return [{ ref: { resource: ModelVersions, namespace, name, uid }, change }];
  });
}

function invalid(snapshot: PolicySnapshot, now: Instant): Part | undefined {
  if (!("invalid" in snapshot.spec)) return undefined;
  return standing(snapshot, now, { phase: "Invalid", reason: "InvalidSpec", message: snapshot.spec.invalid });
}

function conflict(snapshot: PolicySnapshot, now: Instant): Part | undefined {
  const { holder, policy } = snapshot;
  if (holder === undefined) return undefined;
  return standing(snapshot, now, {
    phase: "Conflict",
    reason: "ServedModelTaken",
    message: `QualityPolicy ${holder.metadata.name} is older and serves ${policy.spec.servedModel} too: choose another servedModel, or delete one of the two.`,
  });
}

/** A policy without a version gets one: its base model, exported unchanged. */
function bootstrapping(snapshot: PolicySnapshot, now: Instant): Part | undefined {
  const { policy, runs, versions } = snapshot;
  if (versions.length > 0) return undefined;
  if (policy.spec.suspend === true)
    return standing(snapshot, now, {
      phase: "Suspended",
      reason: "Suspended",
      message: "spec.suspend is true: nothing new is started.",
    });
  const name = baselineName(policy);
  const run = runs.find(({ metadata }) => metadata.name === name);
  if (run === undefined)
    return {
      ...standing(snapshot, now, {
        phase: "Bootstrapping",
        reason: "MakingBaseline",
        message: `TrainingRun ${name} is being created.`,
      }),
      create: [baseline(policy)],
      why: [`the policy has no version: creating TrainingRun ${name}`],
    };
  if (run.status?.phase === "Failed")
    return standing(snapshot, now, {
      phase: "Degraded",
      reason: "BaselineFailed",
      message: `TrainingRun ${name} failed: ${run.status.message ?? "see its status"} Mend the cause and delete the run: it is made anew.`,
    });
  if (run.status?.phase === "Succeeded")
    return standing(snapshot, now, {
      phase: "Degraded",
      reason: "BaselineGone",
      message: `ModelVersion ${run.status.modelVersion} was deleted, and the policy has no other: delete TrainingRun ${name} to have it made anew.`,
    });
  return standing(snapshot, now, {
    phase: "Bootstrapping",
    reason: "MakingBaseline",
    message: `TrainingRun ${name} is making the first version.`,
  });
}

function settled(snapshot: PolicySnapshot, now: Instant): Part {
  const { policy, versions } = snapshot;
  const available = versions.filter((version) => version.status?.phase === "Available").length;
  if (policy.spec.suspend === true)
    return standing(snapshot, now, {
      phase: "Suspended",
      reason: "Suspended",
      message: "spec.suspend is true: nothing new is started.",
    });
  if (available > 0)
    return standing(snapshot, now, {
      phase: "Available",
      reason: "Available",
      message: `${available} of ${versions.length} versions answer.`,
    });
  const failed = versions.find((version) => version.status?.phase === "Failed");
  if (failed !== undefined)
    return standing(snapshot, now, {
      phase: "Degraded",
      reason: "NoVersionAvailable",
      message: `ModelVersion ${failed.metadata.name} cannot be served: ${failed.status?.message ?? "see its status"}`,
    });
  return standing(snapshot, now, {
    phase: "Bootstrapping",
    reason: "LoadingVersion",
    message: "The first version is being loaded.",
  });
}

/** The longest name that a TrainingRun may have: names of its Jobs are made from it. */
const LONGEST_RUN_NAME = 48;

export function baselineName(policy: QualityPolicy): string {
  return nameWith(policy.metadata.name, "-baseline", LONGEST_RUN_NAME);
}

/** Owned by the policy, since the policy made it; the ModelVersion that comes of it is not. */
function baseline(policy: QualityPolicy): TrainingRun {
  return {
    apiVersion: API_VERSION,
    kind: TrainingRuns.kind,
    metadata: {
      name: baselineName(policy),
      ...(policy.metadata.namespace === undefined ? {} : { namespace: policy.metadata.namespace }),
      labels: { ...MANAGED_BY, [POLICY_LABEL]: policy.metadata.name },
      ownerReferences: [controlledBy(policy)],
    },
    spec: { policyRef: { name: policy.metadata.name } },
  };
}

function standing(snapshot: PolicySnapshot, now: Instant, at: Standing): Part {
  return { adjust: ownership(snapshot), status: statusOf(snapshot, now, at), why: [at.message] };
}
