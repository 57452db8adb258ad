import { z } from "zod";
import { eventId, instant } from "./interaction.ts";

/** `namespace/name` of a QualityPolicy. */
export const policyName = z
  .string()
  .max(507)
  .regex(/^[a-z0-9][a-z0-9.-]*\/[a-z0-9][a-z0-9.-]*$/)
  .describe("`namespace/name` of a QualityPolicy.");

const keyedHash = z.string().regex(/^[0-9a-f]{64}$/);
const fraction = z.number().min(0).max(1);

/** What a dataset is built from; the policy says how. */
export const datasetRequest = z.strictObject({
  id: eventId.exactOptional().describe("Names the task: the same id again answers the task that is there."),
  policy: policyName,
  asOf: instant
    .exactOptional()
    .describe("Only what was received and scored until then; now when absent. The same cut gives the same bytes."),
  from: instant.exactOptional().describe("Only interactions since then."),
  minOverall: fraction.exactOptional().describe("Least score; the policy's threshold at `asOf` when absent."),
});

/** `input` of a task, by its kind. */
export const TASK_INPUTS = {
  /** Builds a dataset. `asOf` is always there. */
  dataset: datasetRequest.omit({ id: true }).required({ asOf: true }),
  /** Erases a subject; the task's id is the erasure's. */
  erasure: z.strictObject({ subject: keyedHash }),
  /**
   * Redacts anew what is stored under a policy, whose patterns grew with `revision`, and removes the files of the
   * datasets that held it. Made before the set is in force, so that a crash cannot lose it: wait until the set in force
   * is at least this, and until `notBefore`, when every process works by it.
   */
  redact: z.strictObject({ policy: policyName, revision: z.int().min(1), notBefore: z.int() }),
} as const;

export const TASK_KINDS = ["dataset", "erasure", "redact"] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

/** Work that takes minutes. */
export const task = z
  .strictObject({
    id: z.string().max(1024),
    kind: z.string().describe("dataset, erasure or redact."),
    state: z.enum(["waiting", "running", "succeeded", "failed"]),
    progress: z.number().describe("0 to 1."),
    attempts: z.int(),
    createdAt: instant,
    result: z.unknown().exactOptional().describe("What came of it, once it has succeeded."),
    error: z.string().exactOptional().describe("Why it failed, or why it waits."),
  })
  .describe("Work that takes minutes.");

export type DatasetRequest = z.output<typeof datasetRequest>;
export type DatasetTask = z.output<typeof TASK_INPUTS.dataset>;
export type ErasureTask = z.output<typeof TASK_INPUTS.erasure>;
export type RedactTask = z.output<typeof TASK_INPUTS.redact>;
export type TaskView = z.output<typeof task>;
