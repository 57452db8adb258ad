import { z } from "zod";
import {
  atomicList,
  immutable,
  mapList,
  objectName,
  objectUri,
  policyRef,
  sha256,
  statusHead,
  timestamp,
  validated,
} from "./common.ts";

/** Sampling parameters under the names that Ollama's Modelfile gives them. Typed, so that immutability covers them. */
export const parameters = z
  .strictObject({
    temperature: z.number().min(0).max(5).exactOptional().describe("Higher answers are more varied; 0 is greedy."),
    top_p: z
      .number()
      .min(0)
      .max(1)
      .exactOptional()
      .describe("Nucleus sampling: smallest set of tokens whose probabilities reach this."),
    top_k: z.int().min(0).max(100000).exactOptional().describe("Sample among this many tokens."),
    min_p: z
      .number()
      .min(0)
      .max(1)
      .exactOptional()
      .describe("Least probability of a token relative to the likeliest one."),
    repeat_penalty: z
      .number()
      .min(0)
      .max(10)
      .exactOptional()
      .describe("How strongly repetition is discouraged; 1 is not at all."),
    presence_penalty: z.number().min(-2).max(2).exactOptional().describe("Penalty on tokens that have occurred."),
    num_predict: z.int().min(-2).max(1048576).exactOptional().describe("Most tokens in an answer; -1 is no limit."),
    seed: z.int().exactOptional().describe("Seed of the sampler."),
    stop: atomicList(z.array(z.string().min(1).max(64)).max(16))
      .exactOptional()
      .describe("Strings that end an answer."),
  })
  .describe("Default sampling parameters, by the names of Ollama's Modelfile.");

const artifact = z
  .strictObject({
    uri: objectUri.describe("Where the file lies in the object store."),
    sha256: sha256.describe("Checksum of the file. The version answers only from a file with exactly this checksum."),
    size: z.int().min(1).exactOptional().describe("Size of the file in bytes."),
    format: z.enum(["GGUF"]).describe("The file's format."),
    quantization: z.string().min(1).max(16).describe("Number format of the weights: F16, Q8_0."),
    template: z
      .string()
      .max(32768)
      .exactOptional()
      .describe("Ollama's Go template for prompts. Absent: the one for Qwen3 that this release ships."),
    parameters: parameters.exactOptional(),
  })
  .describe("What answers: its checksum, template and parameters are the version's identity.");

const lineage = z
  .strictObject({
    baseModel: z.string().max(253).exactOptional().describe("The model that training started from."),
    trainingRun: objectName.exactOptional().describe("The run that made it."),
    dataset: sha256.exactOptional().describe("Checksum of the dataset it was trained on."),
    adapter: sha256.exactOptional().describe("Checksum of the LoRA adapter that was merged into it."),
  })
  .describe("Where the version comes from.");

const fields = { policyRef: policyRef.exactOptional(), artifact, lineage: lineage.exactOptional() };

export const modelVersionSpec = validated(
  z.strictObject({
    ...fields,
    suspend: z.boolean().exactOptional().describe("Scales the version's Deployment to zero; false brings it back."),
  }),
  ...immutable("ModelVersion", Object.keys(fields)),
).describe("One immutable artifact. Only suspend may change.");

export const MODEL_PHASES = ["Pending", "Loading", "Available", "Suspended", "Failed"] as const;

export const modelVersionStatus = z.strictObject({
  ...statusHead,
  phase: z.enum(MODEL_PHASES).exactOptional().describe("One word, derived from the conditions."),
  display: z
    .strictObject({
      step: z.string().max(32).describe("Step of the way into production."),
      weight: z.string().max(8).describe("Share of the traffic."),
      verdict: z.string().max(16).describe("Verdict of validation."),
      reason: z.string().max(128).describe("Why the version stands where it stands."),
    })
    .exactOptional()
    .describe("What kubectl get prints, with a dash for what is not known."),
  snapshot: objectName
    .exactOptional()
    .describe("The immutable ConfigMap that holds the pod template as it was at creation."),
  servedDigest: sha256.exactOptional().describe("Checksum of the file that the ready pods really answer from."),
  endpoint: z.string().max(512).exactOptional().describe("Where the version answers inside the cluster."),
  replicas: z.int().min(0).exactOptional().describe("Pods wanted."),
  readyReplicas: z.int().min(0).exactOptional().describe("Pods that have generated a token from the artifact."),
  nextAttemptTime: timestamp.exactOptional().describe("When a pod that cannot serve tries again."),
  pods: mapList(
    z
      .array(
        z.strictObject({
          name: objectName.describe("The pod."),
          state: z.string().max(64).describe("What the sidecar beside Ollama is doing."),
          reason: z.string().max(128).describe("Why, in one word."),
          message: z.string().max(512).describe("Why, in a sentence."),
        }),
      )
      .max(16),
    "name",
  )
    .exactOptional()
    .describe("What each pod's sidecar says of itself."),
});

export const modelVersion = z.object({
  spec: modelVersionSpec,
  status: modelVersionStatus.exactOptional().describe("How the version is doing, as the operator sees it."),
});

export type ModelVersionSpec = z.output<typeof modelVersionSpec>;
export type ModelVersionStatus = z.output<typeof modelVersionStatus>;
