import type { Cache } from "../../src/kube/cache.ts";
import type { Log } from "../../src/kube/log.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import type { Milliseconds } from "../../src/runtime/plan.ts";

/** Something that is looked after again and again, beside the plans. */
export interface RepeatOptions {
  readonly cache: () => Cache;
  readonly clock: Clock;
  /** Only the leader acts: two would take turns. */
  readonly isLeader: () => boolean;
  readonly log: Log;
  readonly interval?: Milliseconds;
}

const INTERVAL: Milliseconds = 5_000;
const TIMEOUT: Milliseconds = 10_000;

/**
 * Calls `turn` every interval, one after the other, while this process leads and knows the cluster; its signal aborts
 * after ten seconds. A turn that rejects is logged, and repeated like any other.
 */
export function repeat(
  { cache, clock, isLeader, log, interval = INTERVAL }: RepeatOptions,
  turn: (cache: Cache, signal: AbortSignal) => Promise<void>,
): { close(): void } {
  const closing = new AbortController();
  let cancel = () => {};
  const next = async () => {
    if (closing.signal.aborted) return;
    try {
      const known = cache();
      if (isLeader() && known.hasSynced())
        await turn(known, AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT)]));
    } catch (error) {
      log.error({ err: error instanceof Error ? error.message : String(error) }, "a turn failed; it comes again");
    }
    if (!closing.signal.aborted) cancel = clock.setTimer(interval, () => void next());
  };
  void next();
  return {
    close: () => {
      closing.abort(new Error("stopping"));
      cancel();
    },
  };
}
