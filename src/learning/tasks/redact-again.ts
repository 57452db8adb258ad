import type { PrivacyPolicy } from "../../api/learning/policies.ts";
import { TASK_INPUTS } from "../../api/learning/tasks.ts";
import type { ArtifactStore } from "../../artifacts/index.ts";
import type { Clock, Milliseconds } from "../../kube/clock.ts";
import { unpublish } from "../dataset/publish.ts";
import { POLICY_POLL_MS, type PolicyBook } from "../intake/policy-book.ts";
import type { PolicyName, Tenant } from "../model.ts";
import type { PrivacyFilter } from "../privacy/port.ts";
import type { DatasetStore, InteractionStore, RewritableInteraction } from "../store/port.ts";
import { artifactsAway, untilAvailable } from "../worker/patience.ts";
import { TaskFailed } from "../worker/task-errors.ts";
import type { TaskHandler } from "../worker/tasks.ts";
import { foundInFiles } from "./expired.ts";
import { NotRedactable, redacted } from "./redacted.ts";

export interface RedactAgainDeps {
  readonly store: {
    readonly interactions: Pick<InteractionStore, "rewrite">;
    readonly datasets: Pick<DatasetStore, "withExpired" | "withdraw" | "withdrawn">;
  };
  readonly artifacts: Pick<ArtifactStore, "root" | "fetch" | "list" | "remove">;
  readonly filter: Pick<PrivacyFilter, "filter">;
  readonly policies: Pick<PolicyBook, "named" | "current" | "refresh">;
  /** A new folder; it is removed afterwards. */
  readonly workspace: () => string;
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
 * Applies a policy's patterns to what was stored before it had them, looks through the files of datasets for what of
 * them has expired, then removes the files of the datasets that held it. Safe to repeat: what is redacted stays as it is, and a dataset is marked in the transaction that changes its
 * member, so that a second run finds it though it changes nothing. Waits for an object store that is away, however long
 * that takes.
 */
export function redactTask(deps: RedactAgainDeps): TaskHandler {
  const { store, artifacts, policies, clock, settleMs = 2 * POLICY_POLL_MS } = deps;
  return async ({ tenant, input, attempts }, { signal }): Promise<RedactTaskResult> => {
    const { policy: name, revision, notBefore } = TASK_INPUTS.redact.parse(input);
    await clock.sleep(Math.max(0, notBefore - clock.now()), signal);
    await policies.refresh();
    if ((policies.current()?.revision ?? 0) < revision)
      throw new TaskFailed("NotInForce", `policy set ${revision} is not in force yet`, { retryable: true });
    // What another process accepts by an older set, until it has asked for this one, must not slip through behind us.
    await clock.sleep(settleMs, signal);
    const first = policies.named(name)?.privacy;
    // A pass may take hours: what has been added since holds for the rest of it.
    const privacy = first && (() => policies.named(name)?.privacy ?? first);
    const stored = privacy && (await redactStored(deps, tenant, name, privacy, signal));
    const unread = privacy === undefined ? 0 : await withdrawExpired(deps, tenant, name, privacy, signal);
    const datasets = await store.datasets.withdrawn(tenant, name);
    for (const dataset of datasets)
      await untilAvailable(() => unpublish(artifacts, dataset), { clock, signal, passes: artifactsAway });
    // What cannot be looked through whole is not known to be clean: the task says so, and in the end fails for good, so
    // that one text cannot keep datasets from being built for ever.
    const left = stored?.left ?? 0;
    if (left + unread > 0)
      throw new TaskFailed(
        "NotRedactable",
        `${left} stored interactions could not be redacted anew, ${unread} datasets could not be looked through`,
        { retryable: attempts < MOST_PASSES },
      );
    return { changed: stored?.changed ?? 0, datasets, ...(privacy === undefined && { because: "the policy is gone" }) };
  };
}

type Privacy = () => PrivacyPolicy;

/** Answers how many interactions were changed, and how many are left as they were because they cannot be looked through. */
async function redactStored(
  { store, filter, clock }: RedactAgainDeps,
  tenant: Tenant,
  name: PolicyName,
  privacy: Privacy,
  signal: AbortSignal,
): Promise<{ readonly changed: number; readonly left: number }> {
  let left = 0;
  const rewrite = (batch: readonly RewritableInteraction[]) => {
    signal.throwIfAborted();
    const by = privacy();
    return Promise.all(
      batch.map(async (loaded) => {
        try {
          return await redacted(filter, loaded, by);
        } catch (error) {
          // It must not keep the pattern from all that came after it.
          if (!(error instanceof NotRedactable)) throw error;
          left++;
          return undefined;
        }
      }),
    );
  };
  return { changed: await store.interactions.rewrite(name, tenant, rewrite, clock.now()), left };
}

/** Withdraws datasets in which the policy finds something of what has expired. Answers how many cannot be looked through. */
async function withdrawExpired(
  deps: RedactAgainDeps,
  tenant: Tenant,
  name: PolicyName,
  privacy: Privacy,
  signal: AbortSignal,
): Promise<number> {
  const { datasets } = deps.store;
  let left = 0;
  for (const dataset of await datasets.withExpired(tenant, name)) {
    try {
      if (await foundInFiles(deps, dataset, privacy(), signal))
        await datasets.withdraw(tenant, dataset.sha256, deps.clock.now());
    } catch (error) {
      if (!(error instanceof NotRedactable)) throw error;
      left++;
    }
  }
  return left;
}
