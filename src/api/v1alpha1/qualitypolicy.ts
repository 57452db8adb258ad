import { z } from "zod";
import { baseModel, objectName, statusHead, validated } from "./common.ts";
import { assessment, dataset, privacy, triggers } from "./learning.ts";
import { canary, promotion } from "./promotion.ts";
import { policyServing } from "./serving.ts";
import { policyTraining } from "./training.ts";

export const qualityPolicySpec = validated(
  z.strictObject({
    baseModel,
    servedModel: z
      .string()
      .min(1)
      .max(63)
      .regex(/^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/)
      .describe("The name that users ask the gateway for. One policy holds it; the older one if two name it."),
    mode: z
      .enum(["Observe", "Recommend", "Enforce"])
      .default("Recommend")
      .describe("Observe: only look. Recommend: propose and wait for approval. Enforce: act."),
    suspend: z.boolean().default(false).describe("Starts nothing new while true. What runs, runs on."),
    deletionPolicy: z
      .enum(["Retain", "Delete"])
      .default("Retain")
      .describe("What happens to the policy's ModelVersions when it is deleted: Retain leaves them serving."),
    privacy: privacy.prefault({}),
    assessment: assessment.prefault({}),
    triggers: triggers.prefault({}),
    dataset: dataset.prefault({}),
    training: policyTraining.prefault({}),
    promotion: promotion.prefault({}),
    canary: canary.prefault({}),
    serving: policyServing.prefault({}),
  }),
  {
    rule: "self.servedModel == oldSelf.servedModel",
    message: "spec.servedModel is immutable: users ask for the model by this name; create a new QualityPolicy instead",
    fieldPath: ".servedModel",
    reason: "FieldValueForbidden",
  },
).describe(
  "One learning loop for one served model: what is collected, when it is trained on, and what may be promoted.",
);

export const POLICY_PHASES = [
  "Pending",
  "Invalid",
  "Conflict",
  "Suspended",
  "Bootstrapping",
  "Degraded",
  "Available",
] as const;

export const qualityPolicyStatus = z.strictObject({
  ...statusHead,
  phase: z.enum(POLICY_PHASES).exactOptional().describe("One word, derived from the conditions."),
  display: z
    .strictObject({
      production: z.string().max(63).describe("The version in production."),
      candidate: z.string().max(63).describe("The version that is to replace it."),
      weight: z.string().max(8).describe("The candidate's share of the traffic."),
      collected: z.string().max(16).describe("Interactions collected since the last training."),
      needed: z.string().max(16).describe("Interactions needed for the next."),
      quality: z.string().max(8).describe("Mean quality of what was collected."),
      reason: z.string().max(128).describe("Why the policy stands where it stands."),
    })
    .exactOptional()
    .describe("What kubectl get prints, with a dash for what is not known."),
  baseline: z
    .strictObject({
      trainingRun: objectName.exactOptional().describe("The run that makes it."),
      modelVersion: objectName.exactOptional().describe("The version it became."),
    })
    .exactOptional()
    .describe("The policy's first version: its base model, unchanged."),
  runs: z
    .strictObject({
      active: z.int().min(0).describe("Runs that have not ended."),
      succeeded: z.int().min(0).describe("Runs that succeeded."),
      failed: z.int().min(0).describe("Runs that failed."),
    })
    .exactOptional()
    .describe("The TrainingRuns that name this policy."),
  versions: z
    .strictObject({
      total: z.int().min(0).describe("All of them."),
      available: z.int().min(0).describe("Those that answer."),
    })
    .exactOptional()
    .describe("The ModelVersions that name this policy."),
});

export const qualityPolicy = z.object({
  spec: qualityPolicySpec,
  status: qualityPolicyStatus.exactOptional().describe("How the loop is going, as the operator sees it."),
});

export type QualityPolicySpec = z.output<typeof qualityPolicySpec>;
export type QualityPolicyStatus = z.output<typeof qualityPolicyStatus>;
