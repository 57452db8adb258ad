import type { PrivacyPolicy } from "../../api/learning/policies.ts";
import { TASK_INPUTS } from "../../api/learning/tasks.ts";
import type { ArtifactStore } from "../../artifacts/index.ts";
import type { Clock } from "../../kube/clock.ts";
import { unpublish } from "../dataset/publish.ts";
import type { PolicyBook } from "../intake/policy-book.ts";
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
}

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
export function redactTask({ store, artifacts, filter, policies, clock }: RedactAgainDeps): TaskHandler {
  return async ({ tenant, input }, { signal }): Promise<RedactTaskResult> => {
    const { policy: name, revision, notBefore } = TASK_INPUTS.redact.parse(input);
    // What another process accepted by the older set must not slip through behind us.
    await clock.sleep(Math.max(0, notBefore - clock.now()), signal);
    await policies.refresh();
    if ((policies.current()?.revision ?? 0) < revision)
      throw new TaskFailed("NotInForce", `policy set ${revision} is not in force yet`, { retryable: true });
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
        : await store.interactions.rewrite(name, tenant, (batch) => rewrite(privacy, batch), clock.now());
    const datasets = await store.datasets.withdrawn(tenant, name);
    for (const dataset of datasets)
      await untilAvailable(() => unpublish(artifacts, dataset), { clock, signal, passes: artifactsAway });
    // What cannot be looked through whole is not known to be clean: the task says so.
    if (left > 0)
      throw new TaskFailed("NotRedactable", `${left} stored interactions could not be redacted anew`, {
        retryable: true,
      });
    return { changed, datasets, ...(privacy === undefined && { because: "the policy is gone" }) };
  };
}
