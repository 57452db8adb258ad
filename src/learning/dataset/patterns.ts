/**
 * A dataset must not keep texts as they were before a new pattern of its policy was applied to them. Why none does,
 * whenever the pattern comes:
 *
 * - The task that redacts anew is made before its set of policies is in force. A build reads the set in force first and
 *   finds then that no such task is open (`afterRedaction`): by all of that set, what it reads was redacted, or a task
 *   has failed and said so.
 * - A later set is in force before its task rewrites anything. A rewrite that finds the members recorded withdraws the
 *   dataset itself. One that came before the last of them was recorded comes to light after that, when the set in force
 *   is read again (`withdrawnWhere`), before the dataset can be seen.
 */
import type { PrivacyPolicy } from "../../api/learning/policies.ts";
import { TASK_INPUTS } from "../../api/learning/tasks.ts";
import type { Clock, Milliseconds } from "../../kube/clock.ts";
import { findsMore, type PolicyBook } from "../intake/policy-book.ts";
import type { PolicyName, Tenant } from "../model.ts";
import type { DatasetStore, TaskStore } from "../store/port.ts";
import { TaskPostponed } from "../worker/task-errors.ts";

/** How long a build waits before it looks again. */
const LOOK_AGAIN: Milliseconds = 10_000;

/** Throws TaskPostponed while what is stored under the policy has yet to be redacted anew. */
export async function afterRedaction(
  tasks: Pick<TaskStore, "open">,
  tenant: Tenant,
  policy: PolicyName,
): Promise<void> {
  const redactions = await tasks.open(tenant, "redact");
  if (redactions.some(({ input }) => TASK_INPUTS.redact.parse(input).policy === policy))
    throw new TaskPostponed("RedactionPending", `what is stored under ${policy} is being redacted anew`, LOOK_AGAIN);
}

/** Whether the policy finds by now what `former` did not. One that is gone finds nothing. */
export async function patternsGrew(
  policies: Pick<PolicyBook, "named" | "refresh">,
  policy: PolicyName,
  former: PrivacyPolicy,
): Promise<boolean> {
  await policies.refresh();
  const now = policies.named(policy)?.privacy;
  return now !== undefined && findsMore(now, former);
}

/** Records a dataset as `datasets` does, and withdraws it where patterns `grew` until all its members were known. */
export function withdrawnWhere(
  grew: () => Promise<boolean>,
  datasets: Pick<DatasetStore, "candidates" | "add" | "withdraw">,
  clock: Pick<Clock, "now">,
): Pick<DatasetStore, "candidates" | "add"> {
  return {
    candidates: (query) => datasets.candidates(query),
    add: (record, members) => {
      const watched = async function* () {
        yield* members;
        if (await grew()) await datasets.withdraw(record.tenant, record.sha256, clock.now());
      };
      return datasets.add(record, watched());
    },
  };
}
