import { z } from "zod";
import { objectUri } from "./v1alpha1/common.ts";
import { image as ollamaImage, resources as servingResources } from "./v1alpha1/serving.ts";
import { resources as trainingResources } from "./v1alpha1/training.ts";

/** What the installer decides: the operator's configuration file, written by the chart. */
export const operatorConfig = z.strictObject({
  images: z.strictObject({
    trainer: z.string().min(1).describe("The training image."),
    ollama: ollamaImage.default("ollama/ollama:0.34.4").describe("Ollama's image where the policy names none."),
    sidecar: z.string().min(1).describe("The image of this project, run beside Ollama as its only door."),
    pullPolicy: z.enum(["Always", "IfNotPresent", "Never"]).default("IfNotPresent"),
    pullSecrets: z.array(z.strictObject({ name: z.string().min(1) })).default([]),
  }),
  storage: z.strictObject({
    uri: objectUri.describe("Where this installation writes: checkpoints, adapters, models."),
    endpoint: z.url().exactOptional().describe("The S3 endpoint; absent: AWS's own."),
    region: z.string().min(1).default("us-east-1"),
    credentialsSecret: z
      .string()
      .min(1)
      .describe("Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, mounted into training and serving pods."),
    allowedUris: z
      .array(z.string().min(1))
      .min(1)
      .describe(
        "Prefixes that a CR may name: writing a CR must not read another tenant's bucket with the platform's keys.",
      ),
  }),
  learning: z
    .strictObject({
      url: z.url().describe("Where the learning API answers inside the cluster."),
      tokenFile: z.string().min(1).describe("The operator's service-account token for it, mounted by the kubelet."),
    })
    .exactOptional()
    .describe("The data plane; absent: this installation has none."),
  defaults: z
    .strictObject({
      training: z.strictObject({ resources: trainingResources.prefault({}) }).prefault({}),
      serving: z.strictObject({ resources: servingResources.prefault({}) }).prefault({}),
    })
    .prefault({})
    .describe("What pods ask for where neither run nor policy says: what nodes offer is the installer's knowledge."),
});

export type OperatorConfig = z.output<typeof operatorConfig>;
