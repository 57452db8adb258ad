import { z } from "zod";
import { objectUri, sha256 } from "../../src/api/v1alpha1/common.ts";
import type { Job, Pod } from "../../src/kube/resources.ts";
import { indexOf, ownContainers } from "./containers.ts";

/** Exit codes of the training image (api.md). */
export const EXIT = { invalid: 42, diverged: 43, outOfMemory: 44, storage: 45, checkpointed: 75 } as const;

/** Ends that the training image has decided on, and that end the Job (its podFailurePolicy): no other pod would do better. */
export const DECIDED: readonly number[] = [EXIT.invalid, EXIT.diverged, EXIT.outOfMemory];

const checksummed = z.object({ uri: objectUri, sha256 });

const count = z.int().min(0);

const estimate = z
  .object({ n: count, value: z.number().nullish(), low: z.number().nullish(), high: z.number().nullish() })
  .transform(({ n, value, low, high }) => ({
    samples: n,
    ...(value == null ? {} : { value }),
    ...(low == null ? {} : { low }),
    ...(high == null ? {} : { high }),
  }))
  .optional()
  .catch(undefined);

const evaluation = z.object({
  uri: objectUri,
  sha256,
  accuracy: z.object({ Thinking: estimate, NonThinking: estimate }),
  reasoning: z.object({
    wellFormed: estimate,
    noneWhenNotAsked: estimate,
    traceLengthRatio: estimate,
    loops: estimate,
  }),
  leakage: z.object({ canariesExtracted: estimate, secrets: estimate }),
  forgetting: z.object({ tasks: count, backwardTransfer: estimate }),
});

/**
 * The training image's termination message. Parsed leniently: a field that is missing costs a figure, not the run; and
 * one that no status could hold is as good as missing, since a status that is refused would cost the run.
 */
const terminationMessage = z.object({
  reason: z.string().min(1).max(128).catch("Unknown"),
  message: z.string().catch(""),
  metrics: z
    .object({
      loss: z.number().nullish().catch(undefined),
      evaluationLoss: z.number().nullish().catch(undefined),
      perplexity: z.number().nullish().catch(undefined),
    })
    .nullish()
    .catch(undefined),
  dataset: z
    .object({
      rows: count,
      used: count,
      tooLong: count,
      thinking: count,
      thinkingRatio: z
        .object({ asked: z.number().min(0).max(1) })
        .nullish()
        .catch(undefined),
      rehearsal: z.object({ asked: count, achieved: count, tasks: count }).nullish().catch(undefined),
    })
    .refine(({ used, thinking }) => thinking <= used)
    .nullish()
    .catch(undefined),
  evaluation: evaluation.nullish().catch(undefined),
  checkpoint: z.object({ uri: objectUri, step: count }).nullish().catch(undefined),
  adapter: checksummed.nullish().catch(undefined),
  artifact: checksummed
    .extend({ size: count, quantization: z.string().max(16), manifestUri: objectUri.exactOptional() })
    .nullish()
    .catch(undefined),
});

export type TerminationMessage = z.output<typeof terminationMessage>;

/** How a container of the training image ended. */
export interface Ending {
  readonly pod: string;
  readonly container: string;
  readonly exitCode: number;
  readonly at: string;
  readonly said: TerminationMessage;
}

/** The pods of a Job. */
export function podsOf({ pods }: { readonly pods: readonly Pod[] }, job: Job): Pod[] {
  return pods.filter((pod) => pod.metadata.ownerReferences?.some((owner) => owner.uid === job.metadata.uid));
}

/** The newest end among a job's pods. */
export function newestEnding(pods: readonly Pod[]): Ending | undefined {
  return endingsOf(pods)[0];
}

/** The end by which the training image ended the Job, if that has been heard of yet. */
export function decidedEnding(pods: readonly Pod[]): Ending | undefined {
  return endingsOf(pods).find(({ exitCode }) => DECIDED.includes(exitCode));
}

/**
 * The end of a step that was done, if that has been heard of yet. Containers are named after their step; of several pods
 * that did it together, the first tells of it.
 */
export function doneEnding(pods: readonly Pod[], step: "train" | "evaluate" | "export"): Ending | undefined {
  return endingsOf(pods.filter((pod) => indexOf(pod) === 0)).find(
    ({ container, exitCode }) => container === step && exitCode === 0,
  );
}

/** How containers of the training image ended, newest first; of two in one second, the one that failed. */
function endingsOf(pods: readonly Pod[]): Ending[] {
  const endings = pods.flatMap((pod) =>
    ownContainers(pod).flatMap((container): Ending[] => {
      const ended = container.state?.terminated;
      if (ended === undefined) return [];
      return [
        {
          pod: pod.metadata.name,
          container: container.name,
          exitCode: ended.exitCode,
          at: ended.finishedAt ?? pod.metadata.creationTimestamp ?? "",
          said: parse(ended.message, ended.reason),
        },
      ];
    }),
  );
  return endings.sort((a, b) => (a.at === b.at ? failedFirst(a, b) : a.at < b.at ? 1 : -1));
}

function failedFirst(a: Ending, b: Ending): number {
  return Number(b.exitCode !== 0) - Number(a.exitCode !== 0);
}

function parse(message: string | undefined, reason: string | undefined): TerminationMessage {
  let json: unknown = {};
  try {
    json = JSON.parse(message ?? "");
  } catch {
    // A container that was killed leaves no message; the runtime's own reason (OOMKilled, Error) is all there is.
  }
  const said = terminationMessage.safeParse(json);
  const fallback = terminationMessage.parse({});
  const result = said.success ? said.data : fallback;
  return result.reason === "Unknown" && reason !== undefined ? { ...result, reason } : result;
}

/** A Job that gave up. `failed` is its reason: PodFailurePolicy, BackoffLimitExceeded, DeadlineExceeded. */
export interface FailedJob {
  readonly failed: string;
  readonly message: string;
  /** RFC 3339. */
  readonly at: string;
}

export type JobState = "Active" | "Complete" | FailedJob;

/** What the Job controller says of a Job. */
export function jobState(job: Job): JobState {
  const holds = (type: string) =>
    job.status?.conditions?.find((condition) => condition.type === type && condition.status === "True");
  if (holds("Complete") !== undefined) return "Complete";
  const failed = holds("Failed");
  if (failed === undefined) return "Active";
  const { reason = "Failed", message = "", lastTransitionTime = "" } = failed;
  return { failed: reason, message, at: lastTransitionTime };
}
