import type { z } from "zod";
import type { KubeObject, Resource } from "../../kube/object.ts";
import { GROUP, VERSION } from "./common.ts";
import { type ModelVersionSpec, type ModelVersionStatus, modelVersion } from "./modelversion.ts";
import { type QualityPolicySpec, type QualityPolicyStatus, qualityPolicy } from "./qualitypolicy.ts";
import { type TrainingRunSpec, type TrainingRunStatus, trainingRun } from "./trainingrun.ts";

export type TrainingRun = KubeObject & { readonly spec: TrainingRunSpec; readonly status?: TrainingRunStatus };
export type ModelVersion = KubeObject & { readonly spec: ModelVersionSpec; readonly status?: ModelVersionStatus };
export type QualityPolicy = KubeObject & { readonly spec: QualityPolicySpec; readonly status?: QualityPolicyStatus };

export const TrainingRuns: Resource<TrainingRun> = {
  group: GROUP,
  version: VERSION,
  kind: "TrainingRun",
  plural: "trainingruns",
};
export const ModelVersions: Resource<ModelVersion> = {
  group: GROUP,
  version: VERSION,
  kind: "ModelVersion",
  plural: "modelversions",
};
export const QualityPolicies: Resource<QualityPolicy> = {
  group: GROUP,
  version: VERSION,
  kind: "QualityPolicy",
  plural: "qualitypolicies",
};

/** A column of `kubectl get`. `priority` 1 shows it with `-o wide` only. */
export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "date";
  readonly jsonPath: string;
  readonly description: string;
  readonly priority?: 1;
}

/** One kind, as its CustomResourceDefinition is made from it. */
export interface Kind {
  readonly resource: Resource;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  readonly schema: z.ZodObject;
  /** Longest name an object may have: names of its children are made from it and must stay DNS labels. */
  readonly maxNameLength: number;
  readonly columns: readonly Column[];
}

const column = (name: string, path: string, description: string, wide = false): Column => ({
  name,
  type: "string",
  jsonPath: path,
  description,
  ...(wide ? { priority: 1 as const } : {}),
});
const age: Column = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
  description: "Time since creation.",
};

export const KINDS: readonly Kind[] = [
  {
    resource: QualityPolicies,
    singular: "qualitypolicy",
    shortNames: ["qp"],
    description: "QualityPolicy is one learning loop for one served model.",
    schema: qualityPolicy,
    maxNameLength: 40,
    columns: [
      column("Phase", ".status.phase", "One word on its state."),
      column("Model", ".spec.servedModel", "The name users ask for."),
      column("Production", ".status.display.production", "The version in production."),
      column("Candidate", ".status.display.candidate", "The version that is to replace it."),
      column("Weight", ".status.display.weight", "The candidate's share of the traffic."),
      column("Collected", ".status.display.collected", "Interactions collected since the last training."),
      column("Needed", ".status.display.needed", "Interactions needed for the next."),
      column("Quality", ".status.display.quality", "Mean quality of what was collected."),
      column("Reason", ".status.display.reason", "Why it stands where it stands."),
      age,
      column("Message", ".status.message", "One sentence on what is happening.", true),
    ],
  },
  {
    resource: TrainingRuns,
    singular: "trainingrun",
    shortNames: ["tr"],
    description: "TrainingRun is one request to train: dataset, LoRA training, export, in attempts.",
    schema: trainingRun,
    maxNameLength: 48,
    columns: [
      column("Phase", ".status.phase", "One word on its state."),
      column("Step", ".status.step", "How far it has come."),
      column("Progress", ".status.display.progress", "Progress of the step."),
      column("Attempt", ".status.display.attempt", "Attempt and how many there may be."),
      column("Loss", ".status.display.loss", "The newest training loss."),
      column("Reason", ".status.display.reason", "Why it stands where it stands."),
      column("Expected", ".status.display.expected", "When the step is expected to end."),
      age,
      column("Version", ".status.modelVersion", "The ModelVersion that came of it.", true),
      column("Message", ".status.message", "One sentence on what is happening.", true),
    ],
  },
  {
    resource: ModelVersions,
    singular: "modelversion",
    shortNames: ["mv"],
    description: "ModelVersion is one immutable artifact and its way into production.",
    schema: modelVersion,
    maxNameLength: 52,
    columns: [
      column("Phase", ".status.phase", "One word on its state."),
      column("Step", ".status.display.step", "Step of the way into production."),
      column("Weight", ".status.display.weight", "Share of the traffic."),
      column("Verdict", ".status.display.verdict", "Verdict of validation."),
      column("Reason", ".status.display.reason", "Why it stands where it stands."),
      age,
      column("Digest", ".status.servedDigest", "Checksum of the file it answers from.", true),
      column("Message", ".status.message", "One sentence on what is happening.", true),
    ],
  },
];
