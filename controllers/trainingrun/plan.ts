import { problems } from "../../src/api/problems.ts";
import { qualityPolicySpec } from "../../src/api/v1alpha1/qualitypolicy.ts";
import { milliseconds } from "../../src/domain/duration.ts";
import type { Instant } from "../../src/runtime/plan.ts";
import { uriAllowed } from "../common/storage.ts";
import { exporting, publishing } from "./exporting.ts";
import { refOf, suspend } from "./job-parts.ts";
import { jobState } from "./outcome.ts";
import { failed, type Part, type Resolved, type RunPlan, standing, waiting } from "./parts.ts";
import { readBack, resolve, snapshotConfigMap, Unresolvable } from "./resolve.ts";
import type { RunSnapshot } from "./snapshot.ts";
import { ended } from "./status.ts";
import { startingAttempt, training } from "./training.ts";

/** The life of a TrainingRun. The order is the diagram: the first case that applies is the whole plan. */
export function plan(snapshot: RunSnapshot, now: Instant): RunPlan {
  const part =
    goingAway(snapshot) ??
    finished(snapshot, now) ??
    invalidSpec(snapshot, now) ??
    resolving(snapshot, now) ??
    running({ snapshot, resolved: readBack(snapshot.recorded), now });
  return { create: [], apply: [], remove: [], events: [], ...part };
}

function running(at: Resolved): Part {
  return suspended(at) ?? startingAttempt(at) ?? training(at) ?? exporting(at) ?? publishing(at);
}

/** Children go with the run by garbage collection; the ModelVersion it made is not one of them. */
function goingAway({ run }: RunSnapshot): Part | undefined {
  if (run.metadata.deletionTimestamp === undefined) return undefined;
  return { why: ["the run is being deleted: its Jobs go with it"] };
}

/** Terminal is terminal, even when its Jobs are gone: only they are ever removed. */
function finished(snapshot: RunSnapshot, now: Instant): Part | undefined {
  const at = ended(snapshot.status);
  if (at === undefined) return undefined;
  const ttl = snapshot.recorded === undefined ? 0 : milliseconds(readBack(snapshot.recorded).training.ttlAfterFinished);
  const left = at + ttl - now;
  if (snapshot.jobs.length === 0) return { why: ["the run has ended"] };
  if (left > 0) return { requeueAfter: left, why: ["the run has ended; its Jobs are kept a while for their logs"] };
  return { remove: snapshot.jobs.map(refOf), why: [`removing ${snapshot.jobs.length} Jobs: ttlAfterFinished is over`] };
}

function invalidSpec(snapshot: RunSnapshot, now: Instant): Part | undefined {
  if (!("invalid" in snapshot.spec) || snapshot.recorded !== undefined) return undefined;
  return failed(snapshot, now, "InvalidSpec", snapshot.spec.invalid);
}

/** Makes the resolved spec durable before anything is decided from it. Create-only: the first to write it wins. */
function resolving(snapshot: RunSnapshot, now: Instant): Part | undefined {
  if (snapshot.recorded !== undefined || "invalid" in snapshot.spec) return undefined;
  const spec = snapshot.spec.valid;
  if (spec.policyRef !== undefined && snapshot.policy === undefined)
    return waiting(snapshot, now, {
      reason: "PolicyNotFound",
      message: `QualityPolicy ${spec.policyRef.name} does not exist in this namespace: create it, or name another.`,
    });
  // An older, looser CRD may have let it in. What is recorded from it could never be read back.
  const policy = qualityPolicySpec.optional().safeParse(snapshot.policy?.spec);
  if (!policy.success)
    return waiting(snapshot, now, {
      reason: "PolicyInvalid",
      message: `QualityPolicy ${spec.policyRef?.name} cannot be carried out: ${problems(policy.error, "spec")}`,
    });
  if (spec.suspend === true)
    return standing(snapshot, now, { phase: "Suspended", reason: "Suspended", message: "spec.suspend is true." });
  try {
    const resolved = resolve(snapshot.run, spec, snapshot.policy, snapshot.config, snapshot.template);
    const refused = [resolved.baseModel.uri, resolved.dataset?.uri].find(
      (uri) => uri !== undefined && !uriAllowed(uri, snapshot.config.storage),
    );
    if (refused !== undefined)
      return failed(
        snapshot,
        now,
        "UriNotAllowed",
        `${refused} lies outside what this installation may read: name an allowed place, or have the installer add it to storage.allowedUris.`,
      );
    return {
      create: [snapshotConfigMap(snapshot.run, resolved, snapshot.config.storage.uri)],
      ...standing(snapshot, now, {
        phase: "Pending",
        reason: "Resolving",
        message: "The run's spec is being recorded.",
      }),
      why: ["recording the resolved spec: run over policy over defaults"],
    };
  } catch (error) {
    if (error instanceof Unresolvable) return failed(snapshot, now, "InvalidSpec", error.message);
    throw error;
  }
}

/** Suspending stops the pods (they write a checkpoint first) and keeps the Job, whose suspend field does just that. */
function suspended({ snapshot, resolved, now }: Resolved): Part | undefined {
  // As it stands, whatever else is in the spec: what was recorded goes on although a newer CRD would refuse the spec.
  if (snapshot.run.spec.suspend !== true) return undefined;
  const active = snapshot.jobs.filter((job) => jobState(job) === "Active");
  const told = standing(snapshot, now, {
    phase: "Suspended",
    reason: "Suspended",
    message: "spec.suspend is true: the run goes on from its last checkpoint when it is false again.",
  });
  // Kueue owns the suspend field of a queued Job; taking the Job away gives its quota back.
  if (resolved.training.queueName !== "")
    return { ...told, remove: active.map(refOf), why: ["suspended: leaving the queue"] };
  return { ...told, adjust: active.map((job) => suspend(job, true)), why: ["suspended: stopping the pods"] };
}
