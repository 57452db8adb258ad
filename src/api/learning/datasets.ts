import { z } from "zod";
import { instant } from "./interaction.ts";
import { next, pageQuery } from "./interaction-view.ts";
import { policyName } from "./tasks.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const sha256Params = z.strictObject({ sha256 }).describe("Names a dataset by its content.");
export const datasetQuery = z
  .strictObject({ policy: policyName.exactOptional(), ...pageQuery })
  .describe("Which datasets.");

export const datasetView = z
  .strictObject({
    sha256,
    policy: policyName,
    uri: z.string().describe("Where it lies in the artifact store."),
    createdAt: instant,
    erasedAt: instant
      .exactOptional()
      .describe(
        "When an erasure or a new pattern reached it: its files are removed, and nothing may be trained on it any more.",
      ),
    manifest: z.unknown().describe("What it holds and how it was built."),
  })
  .describe("A dataset.");

export const datasetPage = z
  .strictObject({ items: z.array(datasetView).describe("Newest first."), next })
  .describe("A page of datasets.");

/** Which model was trained on which dataset, so that an erasure can name it. */
export const lineage = z
  .strictObject({
    modelVersion: z.string().min(1).max(253),
    dataset: sha256.describe("Of the dataset, or of a file of it: what a TrainingRun names."),
    trainingRun: z.string().min(1).max(507).describe("`namespace/name` of the TrainingRun."),
  })
  .describe("Which model was trained on which dataset, so that an erasure can name it.");

export type DatasetView = z.output<typeof datasetView>;
export type Lineage = z.output<typeof lineage>;
