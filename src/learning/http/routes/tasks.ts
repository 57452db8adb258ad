import type { TaskKind, TaskView } from "../../../api/learning/tasks.ts";
import type { Tenant } from "../../model.ts";
import type { Task } from "../../store/port.ts";
import type { RouteDeps } from "../deps.ts";
import { ApiProblem } from "../errors.ts";
import { iso } from "./asked.ts";

/** Makes a task, or finds the one that this id made before. */
export async function createTask(
  { store, clock }: Pick<RouteDeps, "store" | "clock">,
  wanted: { readonly id: string; readonly tenant: Tenant; readonly kind: TaskKind; readonly input: object },
): Promise<Task> {
  const task = await store.tasks.create(wanted, clock.now());
  if (task.kind !== wanted.kind) throw new ApiProblem("Conflict", "id: another task has it");
  return task;
}

export function taskView({ id, kind, state, progress, attempts, createdAt, result, error }: Task): TaskView {
  return {
    id,
    kind,
    state,
    progress,
    attempts,
    createdAt: iso(createdAt),
    ...(result !== undefined && result !== null && { result }),
    ...(error !== undefined && { error }),
  };
}
