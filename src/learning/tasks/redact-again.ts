import type { PrivacyPolicy } from "../../api/learning/policies.ts";
import { TASK_INPUTS } from "../../api/learning/tasks.ts";
import type { ArtifactStore } from "../../artifacts/index.ts";
import type { Clock, Milliseconds } from "../../kube/clock.ts";
import { unpublish } from "../dataset/publish.ts";
import { POLICY_POLL_MS, type PolicyBook } from "../intake/policy-book.ts";
import type { PrivacyFilter } from "../privacy/port.ts";
import type { DatasetStore, InteractionStore, RewritableInteraction } from "../store/port.ts";
import { artifactsAway, untilAvailable } from "../worker/patience.ts";
import { TaskFailed } from "../worker/task-errors.ts";
import type { TaskHandler } from "../worker/tasks.ts";
import { NotRedactable, redacted } from "./redacted.ts";

export interface RedactAgainDeps {
  readonly store: {
    readonly interactions: Pick<InteractionStore, "rewrite">;
    readonly datasets: Pick<DatasetStore, "withdrawn">;
  };
  readonly artifacts: Pick<ArtifactStore, "list" | "remove">;
  readonly filter: Pick<PrivacyFilter, "filter">;
  readonly policies: Pick<PolicyBook, "named" | "current" | "refresh">;
  readonly clock: Clock;
  /** Within which every process works by a set that is in force. */
  readonly settleMs?: Milliseconds;
}

/** So often texts that could not be looked through are tried again. */
const MOST_PASSES = 5;

/** What a task of kind `redact` answers. */
export interface RedactTaskResult {
  /** Interactions of which something was replaced. */
  readonly changed: number;
  /** sha256 of the policy's datasets that are withdrawn, be it by an earlier run or an erasure: their files are gone. */
  readonly datasets: readonly string[];
  /** Why nothing was looked through. */
  readonly because?: string;
}

/**
 * Applies a policy's patterns to what was stored before it had them, then removes the files of the datasets that held
 * it. Safe to repeat: what is redacted stays as it is, and a dataset is marked in the transaction that changes its
 * member, so that a second run finds it though it changes nothing. Waits for an object store that is away, however long
 * that takes.
 */
export function redactTask(deps: RedactAgainDeps): TaskHandler {
  const { store, artifacts, filter, policies, clock, settleMs = 2 * POLICY_POLL_MS } = deps;
  return async ({ tenant, input, attempts }, { signal }): Promise<RedactTaskResult> => {
    const { policy: name, revision, notBefore } = TASK_INPUTS.redact.parse(input);
    await clock.sleep(Math.max(0, notBefore - clock.now()), signal);
    await policies.refresh();
    if ((policies.current()?.revision ?? 0) < revision)
      throw new TaskFailed("NotInForce", `policy set ${revision} is not in force yet`, { retryable: true });
    // What another process accepts by an older set, until it has asked for this one, must not slip through behind us.
    await clock.sleep(settleMs, signal);
    // One that cannot be looked through must not keep the pattern from all that came after it.
    let left = 0;
    const rewrite = (privacy: PrivacyPolicy, batch: readonly RewritableInteraction[]) => {
      signal.throwIfAborted();
      return Promise.all(
        batch.map(async (loaded) => {
          try {
            return await redacted(filter, loaded, privacy);
          } catch (error) {
            if (!(error instanceof NotRedactable)) throw error;
            left++;
            return undefined;
          }
        }),
      );
    };
    const privacy = policies.named(name)?.privacy;
    const changed =
      privacy === undefined
        ? 0
        : await store.interactions.rewrite(
            name,
            tenant,
            // A pass may take hours: what has been added since holds for the rest of it.
            (batch) => rewrite(policies.named(name)?.privacy ?? privacy, batch),
            clock.now(),
          );
    const datasets = await store.datasets.withdrawn(tenant, name);
    for (const dataset of datasets)
      await untilAvailable(() => unpublish(artifacts, dataset), { clock, signal, passes: artifactsAway });
    // What cannot be looked through whole is not known to be clean: the task says so, and in the end fails for good, so
    // that one text cannot keep datasets from being built for ever.
    if (left > 0)
      throw new TaskFailed("NotRedactable", `${left} stored interactions could not be redacted anew`, {
        retryable: attempts < MOST_PASSES,
      });
    return { changed, datasets, ...(privacy === undefined && { because: "the policy is gone" }) };
  };
}
