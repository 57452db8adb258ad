import { z } from "zod";
import { atomicList, duration, gpuResource, objectName, quantity } from "./common.ts";
import { overrides } from "./override.ts";

/** Labels, node selectors and the like: bounded, as the API server demands of whatever a rule compares. */
const stringMap = z.record(z.string(), z.string().max(253)).meta({ maxProperties: 32 });

const lora = z
  .strictObject({
    rank: z
      .int()
      .min(1)
      .max(512)
      .default(16)
      .describe("Rank r of the adapter's matrices. Higher learns more and costs more memory."),
    alpha: z.int().min(1).max(1024).default(32).describe("Scaling: the adapter's output is multiplied by alpha/rank."),
    dropout: z.number().min(0).max(0.9).default(0.05).describe("Dropout on the adapter's input during training."),
    targets: z
      .enum(["AllLinear"])
      .default("AllLinear")
      .describe(
        "Layers that get an adapter. AllLinear: every linear layer of attention and feed-forward (LoRA Without Regret, 2025).",
      ),
  })
  .describe("Low-rank adaptation (arXiv 2106.09685): what is trained in place of the model's own weights.");

const optimization = z
  .strictObject({
    learningRate: z
      .number()
      .gt(0)
      .max(1)
      .default(2e-4)
      .describe("Peak learning rate of AdamW, reached after warm-up; decays by a cosine. Halved when a run diverges."),
    epochs: z.int().min(1).max(100).default(2).describe("How often training passes over the dataset."),
    globalBatchSize: z
      .int()
      .min(1)
      .max(4096)
      .default(32)
      .describe("Samples per optimizer step, over all devices and accumulation."),
    microBatchSize: z
      .int()
      .min(1)
      .max(1024)
      .default(4)
      .describe("Samples per forward pass; the rest of the global batch is accumulated. Halved when memory runs out."),
    maxSequenceLength: z
      .int()
      .min(16)
      .max(262144)
      .default(4096)
      .describe("Tokens per packed sequence. Longer samples are left out and counted."),
    seed: z.int().min(0).max(4294967295).default(7).describe("Seed of everything random in the run."),
    warmupFraction: z
      .number()
      .min(0)
      .max(1)
      .default(0.03)
      .describe("Share of the steps over which the learning rate rises."),
    checkpointSteps: z.int().min(1).max(100000).default(50).describe("Optimizer steps between two checkpoints."),
  })
  .describe("How the loss is minimised.");

const rehearsal = z
  .strictObject({
    method: z
      .enum(["None", "SSR"])
      .default("SSR")
      .describe(
        "SSR: self-synthesized rehearsal (arXiv 2403.01244), so that old skills are not forgotten. None: no rehearsal.",
      ),
    ratio: z.number().min(0).max(1).default(0.2).describe("Rehearsal samples per sample of the dataset."),
  })
  .describe("Data that keeps the model from forgetting.");

const gradientMask = z
  .strictObject({
    method: z
      .enum(["None", "GMT"])
      .default("GMT")
      .describe("GMT: only the coordinates with the largest gradients are updated (arXiv 2406.15330). None: all are."),
    keep: z.number().gt(0).max(1).default(0.7).describe("Share of each tensor's coordinates that is updated."),
  })
  .describe("Which weights an update may touch.");

/** Defaults that suit an 8B model; an installation sets its own. */
export const resources = z
  .strictObject({
    gpus: z.int().min(0).max(64).default(1).describe("GPUs that the training container asks for. 0 trains on the CPU."),
    nodes: z
      .int()
      .min(1)
      .max(64)
      .default(1)
      .describe(
        "Pods that train one model together, each with so many GPUs: an Indexed Job, the base model sharded over all of them (FSDP2).",
      ),
    gpuResource,
    cpu: quantity.default("2").describe("CPU that the container asks for; it may use more."),
    memory: quantity.default("64Gi").describe("Memory that the container asks for, and its limit."),
    workspace: quantity
      .default("50Gi")
      .describe("Size limit of the pod's working folder: base model, merged model, GGUF."),
  })
  .describe("What a training pod needs of its node.");

const toleration = z
  .strictObject({
    key: z.string().max(253).exactOptional().describe("Taint key; empty with operator Exists tolerates everything."),
    operator: z.enum(["Exists", "Equal"]).exactOptional().describe("Exists, or Equal (default)."),
    value: z.string().max(253).exactOptional().describe("Taint value, for operator Equal."),
    effect: z
      .enum(["NoSchedule", "PreferNoSchedule", "NoExecute"])
      .exactOptional()
      .describe("Taint effect; empty matches all."),
    tolerationSeconds: z.int().min(0).exactOptional().describe("For NoExecute: how long the taint is tolerated."),
  })
  .describe("As in a pod's spec.tolerations.");

const podTemplate = z
  .strictObject({
    labels: stringMap.default({}).describe("Labels added to the pods."),
    annotations: stringMap.default({}).describe("Annotations added to the pods."),
    nodeSelector: stringMap.default({}).describe("As in a pod's spec.nodeSelector."),
    tolerations: atomicList(z.array(toleration).max(32)).default([]).describe("As in a pod's spec.tolerations."),
    priorityClassName: z
      .string()
      .max(253)
      .default("")
      .describe("As in a pod's spec.priorityClassName; empty: the cluster's default."),
    runtimeClassName: z
      .string()
      .max(253)
      .default("")
      .describe("As in a pod's spec.runtimeClassName; empty: the node's default."),
    imagePullSecrets: atomicList(
      z.array(z.strictObject({ name: objectName.describe("Name of a Secret in the same namespace.") })).max(8),
    )
      .default([])
      .describe("Secrets for pulling the image."),
  })
  .describe("What is added to the pods, for placement and quota.");

const evaluation = z
  .strictObject({
    method: z
      .enum(["LossOnly", "Full"])
      .default("Full")
      .describe(
        "LossOnly: loss and perplexity on what was held out, which training itself reports. Full: also accuracy, whether reasoning was kept, leakage, and what was forgotten of earlier datasets.",
      ),
    maxItems: z
      .int()
      .min(1)
      .max(10000)
      .default(200)
      .describe("Held-out conversations that the model is asked, of this dataset and of each earlier one."),
    maxNewTokens: z.int().min(16).max(32768).default(512).describe("Greatest length of an answer, in tokens."),
    canaries: z
      .int()
      .min(0)
      .max(32)
      .default(0)
      .describe(
        "Made-up secrets that are planted in the training data, to measure how much of such the model gives away (arXiv 1802.08232). They stay in the model: for trials, not for production.",
      ),
  })
  .describe("What is measured of a trained model, on the dataset's held-out part.");

const exported = z
  .strictObject({
    quantization: z
      .enum(["F16", "BF16", "Q8_0", "Q4_0"])
      .default("Q8_0")
      .describe(
        "Number format of the weights in the GGUF: F16 or BF16 (16 bits a weight), Q8_0 (8.5 bits) or Q4_0 (4.5 bits, which costs quality).",
      ),
  })
  .describe("The file that is made of the trained model.");

/** What a TrainingRun starts from. A policy holds it with defaults; a run may set any of it, without defaults. */
export const training = z
  .strictObject({
    lora: lora.prefault({}),
    optimization: optimization.prefault({}),
    rehearsal: rehearsal.prefault({}),
    gradientMask: gradientMask.prefault({}),
    evaluation: evaluation.prefault({}),
    export: exported.prefault({}),
    resources: resources.prefault({}),
    podTemplate: podTemplate.prefault({}),
    queueName: z.string().max(63).default("").describe("Kueue's LocalQueue that the Jobs wait in; empty: no queue."),
    maxAttempts: z
      .int()
      .min(1)
      .max(20)
      .default(3)
      .describe(
        "Attempts at training, each adjusted by what stopped the one before. Infrastructure failures do not count.",
      ),
    activeDeadline: duration.default("12h").describe("How long one Job of the run may be active."),
    ttlAfterFinished: duration
      .default("168h")
      .describe("How long finished Jobs and their pods are kept. The run and its ModelVersion stay."),
  })
  .describe("What a TrainingRun starts from; a run may set any of it for itself.");

export type Training = z.output<typeof training>;

/** As a policy holds it: what a node offers is the installer's knowledge, so resources default to the operator's configuration. */
export const policyTraining = training
  .extend({ resources: overrides(resources).exactOptional() })
  .describe("What a TrainingRun starts from.");
