import { z } from "zod";
import {
  baseModel,
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
import { overrides } from "./override.ts";
import { training } from "./training.ts";

const dataset = z
  .strictObject({
    uri: objectUri.describe("JSONL of chat messages, or Parquet, one conversation a row."),
    sha256: sha256.describe("Checksum of the file's bytes, in lower-case hex. Training refuses a file that differs."),
  })
  .describe("What is learnt. A run without a dataset exports its base model unchanged: the baseline.");

const overriding = overrides(training);

const fields = {
  policyRef: policyRef.exactOptional(),
  baseModel: baseModel.exactOptional(),
  dataset: dataset.exactOptional(),
  ...overriding.shape,
};

export const trainingRunSpec = validated(
  z.strictObject({
    ...fields,
    suspend: z
      .boolean()
      .exactOptional()
      .describe("Stops the run's pods after a checkpoint; false lets it go on from there."),
  }),
  ...immutable("TrainingRun", Object.keys(fields)),
  {
    rule: "has(self.baseModel) || has(self.policyRef)",
    message: "spec.baseModel is required when spec.policyRef is absent: one of them has to say which model to train",
    fieldPath: ".baseModel",
    reason: "FieldValueRequired",
  },
).describe("The request. Only suspend may change; whatever is left out comes from the policy, then from the defaults.");

export const TRAINING_PHASES = ["Pending", "Waiting", "Running", "Suspended", "Succeeded", "Failed"] as const;
export const TRAINING_STEPS = ["Preparing", "Training", "Evaluating", "Exporting", "Publishing", "Done"] as const;

/** As the evaluation has it: 95 % bounds, and of how many. Without samples there is no value. */
const estimate = z.strictObject({
  samples: z.int().min(0).describe("How many were looked at."),
  value: z.number().exactOptional().describe("The estimate."),
  low: z.number().exactOptional().describe("Lower 95 % bound."),
  high: z.number().exactOptional().describe("Upper 95 % bound."),
});

const attempt = z
  .strictObject({
    number: z.int().min(1).describe("Counts from 1."),
    learningRate: z.number().describe("The learning rate of this attempt."),
    microBatchSize: z.int().describe("The micro-batch of this attempt."),
    checkpointKey: z
      .string()
      .max(63)
      .describe(
        "Attempts of one key share checkpoints: one that ran out of memory goes on, one that diverged starts again.",
      ),
    change: z.string().max(256).exactOptional().describe("What was changed against the attempt before, and why."),
    startTime: timestamp.describe("When it was decided."),
    completionTime: timestamp.exactOptional().describe("When it ended."),
    exitCode: z.int().exactOptional().describe("Exit code of the training container."),
    exitReason: z.string().max(128).exactOptional().describe("Why it ended: Completed, Diverged, OutOfMemory, …"),
    message: z.string().max(1024).exactOptional().describe("The same in a sentence."),
    loss: z.number().exactOptional().describe("Training loss when it ended."),
    checkpoint: z
      .strictObject({
        uri: objectUri.describe("Where it lies."),
        step: z.int().describe("Optimizer steps it holds."),
      })
      .exactOptional()
      .describe("The newest checkpoint."),
    adapter: z
      .strictObject({ uri: objectUri.describe("Where it lies."), sha256: sha256.describe("Its checksum.") })
      .exactOptional()
      .describe("The trained adapter."),
  })
  .describe("One attempt at training.");

export const runEvaluation = z
  .strictObject({
    loss: z.number().exactOptional().describe("Loss on the held-out conversations, assistant's tokens only."),
    perplexity: z.number().exactOptional().describe("exp(loss) of the same."),
    accuracy: z
      .strictObject({
        thinking: estimate.exactOptional().describe("Asked to think."),
        nonThinking: estimate.exactOptional().describe("Asked for the answer alone."),
      })
      .exactOptional()
      .describe("Share of held-out answers that are right."),
    reasoning: z
      .strictObject({
        wellFormed: estimate.exactOptional().describe("Share of answers with exactly one closed thinking block."),
        noneWhenNotAsked: estimate.exactOptional().describe("Share of answers without one where none was asked for."),
        traceLengthRatio: estimate.exactOptional().describe("Length of the thinking, against the base model's."),
        loops: estimate.exactOptional().describe("Share of answers that go round in circles."),
      })
      .exactOptional()
      .describe("Whether the model still reasons as its base did."),
    leakage: z
      .strictObject({
        canariesExtracted: estimate.exactOptional().describe("Share of planted secrets that it completes."),
        secrets: estimate.exactOptional().describe("Share of freely written texts with something like a secret."),
      })
      .exactOptional()
      .describe("What the model gives away of its training data; bounds by Clopper and Pearson."),
    forgetting: z
      .strictObject({
        tasks: z.int().min(0).describe("Earlier datasets that were asked about."),
        backwardTransfer: estimate
          .exactOptional()
          .describe("Mean change of accuracy on them since they were trained; below 0 is forgetting."),
      })
      .exactOptional()
      .describe("What is left of earlier datasets."),
    report: z
      .strictObject({ uri: objectUri.describe("Where it lies."), sha256: sha256.describe("Its checksum.") })
      .exactOptional()
      .describe("The whole evaluation as JSON, item by item, without texts."),
  })
  .describe("How the trained model does on what it was not trained on.");

export const trainingRunStatus = z.strictObject({
  ...statusHead,
  phase: z.enum(TRAINING_PHASES).exactOptional().describe("One word, derived from the conditions."),
  step: z.enum(TRAINING_STEPS).exactOptional().describe("How far the run has come."),
  display: z
    .strictObject({
      progress: z.string().max(16).describe("Progress of the step."),
      attempt: z.string().max(16).describe("Attempt and how many there may be."),
      loss: z.string().max(24).describe("The newest training loss."),
      reason: z.string().max(128).describe("Why the run stands where it stands."),
      expected: z.string().max(40).describe("When the step is expected to end."),
    })
    .exactOptional()
    .describe("What kubectl get prints: the figures below, with a dash for what is not known."),
  startTime: timestamp.exactOptional().describe("When the run was accepted."),
  completionTime: timestamp.exactOptional().describe("When it succeeded or failed for good."),
  nextAttemptTime: timestamp.exactOptional().describe("When what is being waited for is looked at again."),
  snapshot: z
    .strictObject({
      name: objectName.describe("The ConfigMap."),
      sha256: sha256.describe("Checksum of its content."),
    })
    .exactOptional()
    .describe("The immutable ConfigMap that holds the resolved spec: run over policy over defaults."),
  progressPercent: z.int().min(0).max(100).exactOptional().describe("Progress of the step, in whole percent."),
  loss: z.number().exactOptional().describe("The newest training loss."),
  expectedTime: timestamp.exactOptional().describe("When the step is expected to end."),
  infrastructureFailures: z
    .int()
    .min(0)
    .exactOptional()
    .describe("Pods lost to nodes, storage or eviction. They use up no attempt."),
  dataset: z
    .strictObject({
      uri: objectUri.exactOptional().describe("Where it lies."),
      sha256: sha256.exactOptional().describe("Its checksum."),
      rows: z.int().exactOptional().describe("Conversations in the file."),
      used: z.int().exactOptional().describe("Conversations trained on."),
      tooLong: z.int().exactOptional().describe("Conversations left out because they exceed maxSequenceLength."),
      thinkingRatioAchieved: z
        .number()
        .min(0)
        .max(1)
        .exactOptional()
        .describe("Share of the used conversations that show reasoning."),
      thinkingRatioAsked: z
        .number()
        .min(0)
        .max(1)
        .exactOptional()
        .describe("Share that the policy asked for, where the base model can think and not think."),
      rehearsal: z
        .strictObject({
          asked: z.int().min(0).describe("Samples asked for."),
          achieved: z.int().min(0).describe("Samples mixed in."),
          tasks: z.int().min(0).describe("Earlier datasets they are of, the base model's own abilities included."),
        })
        .exactOptional()
        .describe("Rehearsal of what was learnt before."),
    })
    .exactOptional()
    .describe("What was trained on."),
  attempts: mapList(z.array(attempt).max(20), "number")
    .exactOptional()
    .describe("All attempts so far, each recorded before it starts."),
  evaluation: runEvaluation.exactOptional(),
  artifact: z
    .strictObject({
      uri: objectUri.describe("Where the GGUF lies."),
      sha256: sha256.describe("Its checksum."),
      size: z.int().min(0).describe("Its size in bytes."),
      quantization: z.string().max(16).describe("Its number format."),
      manifestUri: objectUri.exactOptional().describe("The manifest: checksum of every input and output."),
    })
    .exactOptional()
    .describe("What came out."),
  modelVersion: objectName.exactOptional().describe("The ModelVersion that was made of it."),
});

export const trainingRun = z.object({
  spec: trainingRunSpec,
  status: trainingRunStatus.exactOptional().describe("How the run is going, as the operator sees it."),
});

export type TrainingRunSpec = z.output<typeof trainingRunSpec>;
export type TrainingRunStatus = z.output<typeof trainingRunStatus>;
export type TrainingAttempt = z.output<typeof attempt>;
