export { type BuildOptions, type BuiltDataset, buildDataset } from "./build.ts";
export { DatasetRefused, type RefusalCode } from "./errors.ts";
export type { EvaluationSet } from "./evaluation.ts";
export type { Manifest } from "./manifest.ts";
export { type DatasetTaskDeps, type DatasetTaskResult, datasetTask } from "./task.ts";
