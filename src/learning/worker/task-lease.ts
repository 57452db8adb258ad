import type { Clock, Milliseconds } from "../../kube/clock.ts";
import { StoreUnavailable } from "../store/errors.ts";
import type { TaskStore } from "../store/port.ts";
import { LeaseLost } from "./task-errors.ts";

export interface TaskLease {
  /** Aborts with LeaseLost when somebody else may hold the task. */
  readonly signal: AbortSignal;
  /** 0 to 1; told with the next heartbeat. */
  progress(share: number): void;
  end(): void;
}

/** Renews a task's lease three times in its length. Without a renewal for a whole length it counts as lost. */
export function keepLease(
  tasks: Pick<TaskStore, "heartbeat">,
  clock: Clock,
  { id, owner, leaseMs }: { readonly id: string; readonly owner: string; readonly leaseMs: Milliseconds },
): TaskLease {
  const lost = new AbortController();
  let share = 0;
  let renewedAt = clock.elapsed();
  let cancel = () => {};
  let over = false;

  const beat = async () => {
    const asked = clock.elapsed();
    try {
      const ours = await tasks.heartbeat(id, owner, leaseMs, share, clock.now());
      if (ours) renewedAt = asked;
      else lost.abort(new LeaseLost(`task ${id} is another worker's`));
    } catch (error) {
      // The store may be back before the lease ends.
      if (!(error instanceof StoreUnavailable)) lost.abort(new LeaseLost(`the lease of task ${id} cannot be renewed`));
    }
    schedule();
  };
  const schedule = () => {
    if (over || lost.signal.aborted) return;
    const left = renewedAt + leaseMs - clock.elapsed();
    if (left <= 0) return lost.abort(new LeaseLost(`the lease of task ${id} ended while the store was away`));
    cancel = clock.setTimer(Math.min(leaseMs / 3, left), () => void beat());
  };
  schedule();
  return {
    signal: lost.signal,
    progress: (now) => {
      share = Math.min(1, Math.max(share, now));
    },
    end: () => {
      over = true;
      cancel();
    },
  };
}
