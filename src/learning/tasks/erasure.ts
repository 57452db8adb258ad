import { TASK_INPUTS } from "../../api/learning/tasks.ts";
import type { ArtifactStore } from "../../artifacts/index.ts";
import type { Clock } from "../../kube/clock.ts";
import { unpublish } from "../dataset/publish.ts";
import type { ErasureStore } from "../store/port.ts";
import { artifactsAway, untilAvailable } from "../worker/patience.ts";
import type { TaskHandler } from "../worker/tasks.ts";
import { recordErasure } from "./erasure-records.ts";

export interface ErasureDeps {
  readonly erasures: Pick<ErasureStore, "erase">;
  readonly artifacts: Pick<ArtifactStore, "create" | "list" | "remove">;
  readonly clock: Clock;
}

/**
 * Erases a person: in the store, then the files of every dataset that held something of theirs. The task's id is the
 * erasure's: a second run goes on where the first one died. It waits for an object store that is away, however long that
 * takes: an erasure that was given up would be forgotten.
 */
export function erasureTask({ erasures, artifacts, clock }: ErasureDeps): TaskHandler {
  return async ({ id, tenant, input }, { signal }) => {
    const { subject } = TASK_INPUTS.erasure.parse(input);
    const patiently = <T>(ask: () => Promise<T>) => untilAvailable(ask, { clock, signal, passes: artifactsAway });
    await patiently(() => recordErasure(artifacts, { tenant, id, subject, at: clock.now() }));
    const receipt = await erasures.erase({ id, tenant, subject }, clock.now());
    for (const dataset of receipt.datasets) await patiently(() => unpublish(artifacts, dataset));
    return receipt;
  };
}
