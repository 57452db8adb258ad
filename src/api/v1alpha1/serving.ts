import { z } from "zod";
import { duration, gpuResource, quantity, validated } from "./common.ts";
import { overrides } from "./override.ts";

/** Defaults that suit an 8B model; an installation sets its own. */
export const resources = z
  .strictObject({
    gpus: z.int().min(0).max(16).default(1).describe("GPUs of a pod. 0 serves from the CPU."),
    gpuResource,
    cpu: quantity.default("1").describe("CPU that Ollama asks for; it may use more."),
    memory: quantity.default("24Gi").describe("Memory that Ollama asks for, and its limit."),
    cache: quantity.default("50Gi").describe("Size limit of the pod's model cache."),
  })
  .describe("What a serving pod needs of its node.");

/** Ollama's image. A model's export is checked by running it in the same image that serves it. */
export const image = z.string().min(1).max(512);

/** How the policy's versions are served. A version keeps what held when it was created. */
export const serving = z
  .strictObject({
    image: image.describe("Ollama's image. The export of a model is checked by running it in the same image."),
    replicas: z.int().min(1).max(100).default(1).describe("Pods of a version."),
    resources: resources.prefault({}),
    contextLength: z.int().min(256).max(1048576).default(8192).describe("Tokens of context for each request."),
    parallel: z.int().min(1).max(64).default(4).describe("Requests that one pod answers at the same time."),
    keepVersions: z.int().min(1).max(100).default(5).describe("Superseded versions that are kept ready to go back to."),
    scaling: validated(
      z.strictObject({
        min: z.int().min(1).max(1000).default(1).describe("Fewest pods of the version in production."),
        max: z.int().min(1).max(1000).default(8).describe("Most pods of the version in production."),
        responseTime: duration.default("5s").describe("p95 time to first token over which pods are added."),
        verifyWithin: duration
          .default("5m")
          .describe("How long added pods have to show an improvement before they are taken back."),
      }),
      { rule: "self.min <= self.max", message: "min <= max must hold", fieldPath: ".min" },
    )
      .prefault({})
      .describe("How the number of pods follows the load."),
  })
  .describe("How the policy's versions are served. A version keeps what held when it was created.");

export type Serving = z.output<typeof serving>;

/** As a policy holds it: what a node offers, and where images come from, is the installer's knowledge: both default to the operator's configuration. */
export const policyServing = serving
  .extend({
    image: serving.shape.image.exactOptional(),
    resources: overrides(resources).exactOptional(),
  })
  .describe("How the policy's versions are served.");
