import { TASK_INPUTS } from "../../api/learning/tasks.ts";
import type { Instant } from "../model.ts";
import type { ErasureStore } from "../store/port.ts";
import type { TaskHandler } from "../worker/tasks.ts";

/** Erases a person. The task's id is the erasure's: a second run goes on where the first one died. */
export function erasureTask(deps: {
  readonly erasures: Pick<ErasureStore, "erase">;
  readonly now: () => Instant;
}): TaskHandler {
  return async ({ id, tenant, input }) => {
    const { subject } = TASK_INPUTS.erasure.parse(input);
    return deps.erasures.erase({ id, tenant, subject }, deps.now());
  };
}
