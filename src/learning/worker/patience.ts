import { ArtifactError, backoff } from "../../artifacts/index.ts";
import type { Clock, Milliseconds } from "../../kube/clock.ts";
import { StoreUnavailable } from "../store/errors.ts";

const WAIT = { base: 100, cap: 5000 };

export interface Patience {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Hears of every try that failed. */
  readonly onWait?: () => void;
  /** Which errors pass; those of a store that cannot be asked now unless told. */
  readonly passes?: (error: unknown) => boolean;
}

const isAway = (error: unknown) => error instanceof StoreUnavailable;

/** Passes: the object store cannot be asked now. */
export const artifactsAway = (error: unknown) => error instanceof ArtifactError && error.retryable;

/** Asks until it can be asked. Rejects with what does not pass, and with the signal's reason. */
export async function untilAvailable<T>(
  ask: () => Promise<T>,
  { clock, signal, onWait, passes = isAway }: Patience,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await ask();
    } catch (error) {
      if (!passes(error)) throw error;
      onWait?.();
      await clock.sleep(backoff(attempt, WAIT), signal);
    }
  }
}

/** Took longer than it may. Whatever it answers later is not heard. */
export class TimedOut extends Error {
  override readonly name = "TimedOut";
}

export function within<T>(ms: Milliseconds, clock: Clock, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.setTimer(ms, () => reject(new TimedOut(`no answer within ${ms} ms`)));
    work.then(resolve, reject).finally(cancel);
  });
}

/** How a stop went: abandoned is what had not ended after `ms`. */
export type Ending = "finished" | "abandoned";

export function endedWithin(ms: Milliseconds, clock: Clock, work: Promise<unknown>): Promise<Ending> {
  return within(ms, clock, work).then(
    () => "finished",
    () => "abandoned",
  );
}
