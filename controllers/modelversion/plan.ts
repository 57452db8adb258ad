import { problems } from "../../src/api/problems.ts";
import type { ModelVersionSpec, ModelVersionStatus } from "../../src/api/v1alpha1/modelversion.ts";
import { qualityPolicySpec } from "../../src/api/v1alpha1/qualitypolicy.ts";
import type { Ref } from "../../src/kube/object.ts";
import { type Deployment, Deployments } from "../../src/kube/resources.ts";
import type { Instant, Plan } from "../../src/runtime/plan.ts";
import { uriAllowed } from "../common/storage.ts";
import { deployment, frozenConfigMap, readFrozen, service } from "./objects.ts";
import type { VersionSnapshot } from "./snapshot.ts";
import { type Standing, standingOfPods, statusOf } from "./status.ts";

export type VersionPlan = Plan<ModelVersionStatus>;

type Part = Partial<VersionPlan> & { readonly why: readonly string[] };

/**
 * The life of a ModelVersion, as far as it goes: its artifact is served, and it is Available once a pod has answered
 * from exactly that artifact. Validation, canary and production follow Available.
 */
export function plan(snapshot: VersionSnapshot, now: Instant): VersionPlan {
  const part = goingAway(snapshot) ?? invalid(snapshot, now) ?? freezing(snapshot, now) ?? serving(snapshot, now);
  return { create: [], apply: [], remove: [], events: [], ...part };
}

/** What it owns goes with it by garbage collection. The artifact stays in the store: other versions may name it. */
function goingAway({ version }: VersionSnapshot): Part | undefined {
  if (version.metadata.deletionTimestamp === undefined) return undefined;
  return { why: ["the version is being deleted: its Deployment and Service go with it"] };
}

function invalid(snapshot: VersionSnapshot, now: Instant): Part | undefined {
  if (snapshot.frozen !== undefined) return undefined;
  if ("invalid" in snapshot.spec) return failed(snapshot, now, "InvalidSpec", snapshot.spec.invalid);
  const { uri } = snapshot.spec.valid.artifact;
  if (uriAllowed(uri, snapshot.config.storage)) return undefined;
  return failed(
    snapshot,
    now,
    "UriNotAllowed",
    `${uri} lies outside what this installation may read: name an allowed place, or have the installer add it to storage.allowedUris.`,
  );
}

/** Makes the pods' template durable before the first of them exists. */
function freezing(snapshot: VersionSnapshot, now: Instant): Part | undefined {
  if (snapshot.frozen !== undefined) return undefined;
  const spec = valid(snapshot);
  const { policyRef } = spec;
  if (policyRef !== undefined && snapshot.policy === undefined) {
    const message = `QualityPolicy ${policyRef.name} does not exist in this namespace: create it, or leave policyRef out.`;
    return { ...standing(snapshot, now, { phase: "Pending", reason: "PolicyNotFound", message }), requeueAfter: POLL };
  }
  // An older, looser CRD may have let it in, and what is frozen from it is never mended.
  const policy = qualityPolicySpec.optional().safeParse(snapshot.policy?.spec);
  if (!policy.success) {
    const message = `QualityPolicy ${policyRef?.name} cannot be carried out: ${problems(policy.error, "spec")}`;
    return { ...standing(snapshot, now, { phase: "Pending", reason: "PolicyInvalid", message }), requeueAfter: POLL };
  }
  return {
    create: [frozenConfigMap(snapshot, spec)],
    ...standing(snapshot, now, {
      phase: "Pending",
      reason: "Freezing",
      message: "The pods' template is being recorded.",
    }),
    why: ["recording the pod template"],
  };
}

/** A backstop: watches and polled sidecars wake the version sooner. */
const POLL = 30_000;

function serving(snapshot: VersionSnapshot, now: Instant): Part {
  const { version, frozen: map, deployment: existing } = snapshot;
  if (map === undefined) throw new Error("serving was reached without a recorded pod template");
  const frozen = readFrozen(map);
  // As it stands, whatever else is in the spec: what is frozen is served although a newer CRD would refuse the spec.
  const suspended = version.spec.suspend === true;
  const replicas = suspended ? 0 : frozen.replicas;
  const objects = { apply: [service(version), deployment(version, frozen, replicas)], requeueAfter: POLL };
  if (existing === undefined)
    return {
      ...objects,
      ...standing(snapshot, now, {
        phase: "Pending",
        reason: "Starting",
        message: "Deployment and Service are being created.",
      }),
      why: ["creating Deployment and Service"],
    };
  const at = suspended
    ? { phase: "Suspended" as const, reason: "Suspended", message: "spec.suspend is true: no pod serves this version." }
    : standingOfPods(snapshot, now);
  // Up or down only across zero: in between, replicas belong to whoever scales them.
  const scaled = suspended ? existing.spec?.replicas !== 0 : existing.spec?.replicas === 0;
  const became = at.phase === "Available" && snapshot.status.phase !== "Available";
  return {
    ...objects,
    ...standing(snapshot, now, at),
    ...(scaled ? { adjust: [{ ref: refOf(existing), change: { spec: { replicas } } }] } : {}),
    ...(became ? { events: [{ type: "Normal", reason: "Available", message: at.message }] } : {}),
    why: [scaled ? `scaling to ${replicas}` : at.message],
  };
}

function standing(snapshot: VersionSnapshot, now: Instant, at: Standing): Part {
  return { status: statusOf(snapshot, now, at), why: [at.message] };
}

function failed(snapshot: VersionSnapshot, now: Instant, reason: string, message: string): Part {
  return {
    ...standing(snapshot, now, { phase: "Failed", reason, message }),
    events: [{ type: "Warning", reason, message }],
    why: [`cannot be served: ${reason}`],
  };
}

function valid(snapshot: VersionSnapshot): ModelVersionSpec {
  if ("invalid" in snapshot.spec) throw new Error("an invalid spec was handled before");
  return snapshot.spec.valid;
}

function refOf({ metadata: { namespace = "", name, uid = "" } }: Deployment): Ref {
  return { resource: Deployments, namespace, name, uid };
}
