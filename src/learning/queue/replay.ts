import type { Instant, InteractionKey } from "../model.ts";
import type { WorkStore } from "../store/port.ts";
import type { WorkQueue } from "./port.ts";

/** Makes dead work alive again, all of it without keys, and sees that workers hear of it. Answers how many. */
export async function replayDead(
  work: Pick<WorkStore, "replay">,
  queue: Pick<WorkQueue, "nudge">,
  keys: readonly InteractionKey[] | undefined,
  now: Instant,
): Promise<number> {
  const count = await work.replay(keys, now);
  if (count > 0) queue.nudge();
  return count;
}
