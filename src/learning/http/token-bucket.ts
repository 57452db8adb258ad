import type { Clock } from "../../kube/clock.ts";

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * Token buckets by key, in this process: several replicas each give the whole rate. Bounded: of too many keys, the one
 * that was used the longest ago starts anew.
 */
export class TokenBuckets {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #clock: Pick<Clock, "elapsed">;
  readonly #maxKeys: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(perSecond: number, burst: number, clock: Pick<Clock, "elapsed">, maxKeys = 10_000) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#clock = clock;
    this.#maxKeys = maxKeys;
  }

  /** Takes `cost`, or nothing. Answers 0, or the whole seconds after which there will be enough. */
  take(key: string, cost: number): number {
    const now = this.#clock.elapsed();
    const { tokens, at } = this.#buckets.get(key) ?? { tokens: this.#burst, at: now };
    const earned = Math.min(this.#burst, tokens + ((now - at) / 1000) * this.#perSecond);
    // What costs more than a full bucket goes through once it is full, and leaves a debt.
    const needed = Math.min(cost, this.#burst);
    const enough = earned >= needed;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: enough ? earned - cost : earned, at: now });
    if (this.#buckets.size > this.#maxKeys) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
    return enough ? 0 : Math.max(1, Math.ceil((needed - earned) / this.#perSecond));
  }
}
