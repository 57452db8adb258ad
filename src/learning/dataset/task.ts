import { rmSync } from "node:fs";
import type { AssessmentPolicy } from "../../api/learning/policies.ts";
import { TASK_INPUTS } from "../../api/learning/tasks.ts";
import { ArtifactError, type ArtifactStore } from "../../artifacts/index.ts";
import { effectiveThreshold } from "../../domain/quality/threshold.ts";
import type { Clock } from "../../kube/clock.ts";
import type { Log } from "../../kube/log.ts";
import type { PolicyBook } from "../intake/policy-book.ts";
import type { Instant, PolicyName, Tenant } from "../model.ts";
import type { Store, ThresholdStore } from "../store/port.ts";
import { artifactsAway, untilAvailable } from "../worker/patience.ts";
import { TaskFailed } from "../worker/task-errors.ts";
import type { TaskHandler } from "../worker/tasks.ts";
import { type BuiltDataset, buildDataset } from "./build.ts";
import { DatasetRefused } from "./errors.ts";
import type { EvaluationSet } from "./evaluation.ts";
import { afterRedaction, patternsGrew, withdrawnWhere } from "./patterns.ts";
import { unpublish } from "./publish.ts";

/** Changes of a threshold that are looked through for the one that held at the cut. */
const REMEMBERED = 1000;

export interface DatasetTaskDeps {
  readonly store: Pick<Store, "datasets" | "thresholds" | "tasks">;
  readonly artifacts: ArtifactStore;
  readonly policies: Pick<PolicyBook, "named" | "current" | "refresh">;
  /** A new folder for one build; it is removed afterwards. */
  readonly workspace: () => string;
  readonly clock: Clock;
  readonly log: Log;
  readonly evaluation?: readonly EvaluationSet[];
  readonly threads?: number;
}

/** What a task of kind `dataset` answers. */
export interface DatasetTaskResult {
  readonly sha256: string;
  readonly uri: string;
  readonly examples: number;
  readonly candidates: number;
  readonly train: BuiltDataset["train"];
}

/** Builds a dataset. Run again after a crash it makes the same bytes, so nothing is left over and nothing is there twice. */
export function datasetTask(deps: DatasetTaskDeps): TaskHandler {
  return async ({ tenant, input }, { heartbeat, signal }) => {
    const asked = TASK_INPUTS.dataset.parse(input);
    const asOf = Date.parse(asked.asOf);
    await deps.policies.refresh();
    const policy = deps.policies.named(asked.policy);
    const policyRevision = deps.policies.current()?.revision ?? 0;
    if (policy === undefined) throw new TaskFailed("UnknownPolicy", `the policy ${asked.policy} is not in force`);
    if (asOf > deps.clock.now()) throw new TaskFailed("CutInFuture", `asOf ${asked.asOf} has not come yet`);
    await afterRedaction(deps.store.tasks, tenant, asked.policy);
    const grew = () => patternsGrew(deps.policies, asked.policy, policy.privacy);
    const threshold =
      asked.minOverall ?? (await thresholdAt(deps.store.thresholds, tenant, asked.policy, policy.assessment, asOf));
    const workspace = deps.workspace();
    try {
      const built = await buildDataset({
        ...deps,
        store: { datasets: withdrawnWhere(grew, deps.store.datasets, deps.clock) },
        tenant,
        policy,
        policyRevision,
        asOf,
        ...(asked.from === undefined ? {} : { from: Date.parse(asked.from) }),
        threshold,
        workspace,
        now: () => deps.clock.now(),
        signal,
        onProgress: heartbeat,
      });
      await withoutWithdrawn(deps, tenant, built, grew, signal);
      return resultOf(built);
    } catch (error) {
      throw inWords(error);
    } finally {
      rmSync(workspace, { recursive: true, force: true });
    }
  };
}

/** An erasure or a new pattern reached it while it was built: the next try makes another one. */
async function withoutWithdrawn(
  { store, artifacts, clock }: DatasetTaskDeps,
  tenant: Tenant,
  { sha256 }: BuiltDataset,
  grew: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  if ((await store.datasets.get(tenant, sha256))?.erasedAt === undefined) return;
  await untilAvailable(() => unpublish(artifacts, sha256), { clock, signal, passes: artifactsAway });
  throw (await grew())
    ? new TaskFailed("PatternsChangedMeanwhile", "its policy got new patterns for private data", { retryable: true })
    : new TaskFailed("ErasedMeanwhile", "somebody whose interactions it held was erased", { retryable: true });
}

function resultOf({ sha256, uri, train, manifest }: BuiltDataset): DatasetTaskResult {
  return { sha256, uri, examples: manifest.examples, candidates: manifest.candidates, train };
}

/** Both say what they say without a word of a user's. */
function inWords(error: unknown): unknown {
  if (error instanceof DatasetRefused) return new TaskFailed(error.code, error.message);
  if (error instanceof ArtifactError) return new TaskFailed(error.code, error.message, { retryable: error.retryable });
  return error;
}

/** The threshold that was in force at the cut: a later one would make another dataset of the same request. */
async function thresholdAt(
  thresholds: Pick<ThresholdStore, "history">,
  tenant: Tenant,
  policy: PolicyName,
  { threshold }: AssessmentPolicy,
  asOf: Instant,
): Promise<number> {
  const history = await thresholds.history(tenant, policy, REMEMBERED);
  const held = history.find((change) => change.at <= asOf);
  return effectiveThreshold(threshold, held?.to ?? history.at(-1)?.from);
}
