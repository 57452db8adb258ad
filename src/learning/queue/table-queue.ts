import type { Clock, Milliseconds } from "../../kube/clock.ts";
import type { Log } from "../../kube/log.ts";
import type { Instant } from "../model.ts";
import type { LeasedWork, WorkFigures, WorkRef, WorkStore } from "../store/port.ts";
import { lostReason, MAX_DELIVERIES, RETRY_DELAYS, type RetryDelays, retryDelay, SUSPECT_AFTER } from "./attempts.ts";
import { errorCode } from "./error-code.ts";
import type { Delivery, WorkQueue } from "./port.ts";
import { formatRef } from "./reference.ts";

export interface TableQueueOptions {
  readonly work: WorkStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Unique to this process and this run of it. */
  readonly owner: string;
  /** Longer than any batch takes. */
  readonly holdMs?: Milliseconds;
  readonly retry?: RetryDelays;
  /** How often it looks for what other processes brought. */
  readonly pollMs?: Milliseconds;
}

/** Reasons kept for work that its next worker dies of; more than can wait for a retry at once. */
const REASONS_KEPT = 1000;

/** The queue of installs without Redis: the store's own table, leased row by row. */
export class TableQueue implements WorkQueue {
  readonly #options: TableQueueOptions;
  readonly #holdMs: Milliseconds;
  readonly #pollMs: Milliseconds;
  readonly #closing = new AbortController();
  readonly #wakers = new Set<() => void>();
  readonly #held = new Map<string, WorkRef>();
  readonly #reasons = new Map<string, string>();
  readonly #timers = new Set<() => void>();
  /** Leased, and yet to be handed out alone. */
  #suspects: LeasedWork[] = [];
  #nudges = 0;
  /**
   * Until fresh work is seen, rows are leased one by one: among those that another process died of, only the one to be
   * tried is to be counted.
   */
  #careful = true;

  constructor(options: TableQueueOptions) {
    this.#options = options;
    this.#holdMs = options.holdMs ?? 60_000;
    this.#pollMs = options.pollMs ?? 1000;
  }

  nudge(): void {
    this.#nudges++;
    for (const wake of this.#wakers) wake();
  }

  async take(max: number, waitMs: number): Promise<readonly Delivery[]> {
    const { clock } = this.#options;
    const until = clock.elapsed() + waitMs;
    while (!this.#closing.signal.aborted) {
      const nudges = this.#nudges;
      const taken = await this.#takeOnce(max);
      if (taken.length > 0) return taken;
      const left = until - clock.elapsed();
      if (left <= 0) break;
      if (nudges === this.#nudges) await this.#untilNudged(Math.min(left, this.#pollMs));
    }
    return [];
  }

  async done(deliveries: readonly Delivery[]): Promise<void> {
    // The row went with the score; one that newer feedback renewed meanwhile is nobody's any more.
    for (const ref of this.#letGo(deliveries)) this.#reasons.delete(formatRef(ref));
  }

  async failed(deliveries: readonly Delivery[], reason: string): Promise<void> {
    const { work, clock, retry = RETRY_DELAYS } = this.#options;
    for (const { ref, deliveries: times } of deliveries) {
      if (times >= MAX_DELIVERIES) {
        this.#letGo([{ ref }]);
        await this.#attempt("bury", () => work.bury(ref, reason, times, clock.now()));
        continue;
      }
      this.#remember(ref, reason);
      this.#giveBackIn(retryDelay(times, retry), ref);
    }
  }

  figures(now: Instant): Promise<WorkFigures> {
    return this.#options.work.figures(now);
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new Error("the queue was closed"));
    for (const cancel of this.#timers) cancel();
    for (const wake of this.#wakers) wake();
    await this.#giveBack([...this.#held.values()]);
    this.#held.clear();
  }

  async #takeOnce(max: number): Promise<readonly Delivery[]> {
    const { work, clock, owner } = this.#options;
    if (this.#suspects.length === 0) {
      const leased: LeasedWork[] = [];
      await this.#attempt("lease", async () => {
        leased.push(...(await work.lease(owner, this.#careful ? 1 : max, this.#holdMs, clock.now())));
      });
      for (const ref of leased) this.#held.set(formatRef(ref), ref);
      const fresh = leased.filter(({ deliveries }) => deliveries <= SUSPECT_AFTER);
      this.#suspects = leased.filter(({ deliveries }) => deliveries > SUSPECT_AFTER);
      this.#careful = fresh.length === 0;
      if (fresh.length > 0) return fresh.map(asDelivery);
    }
    const suspect = this.#suspects.shift();
    if (suspect === undefined) return [];
    if (suspect.deliveries <= MAX_DELIVERIES) return [asDelivery(suspect)];
    this.#letGo([{ ref: suspect }]);
    const reason = lostReason(this.#reasons.get(formatRef(suspect)));
    await this.#attempt("bury", () => work.bury(suspect, reason, suspect.deliveries - 1, clock.now()));
    return this.#takeOnce(max);
  }

  #letGo(deliveries: readonly Pick<Delivery, "ref">[]): readonly WorkRef[] {
    for (const { ref } of deliveries) this.#held.delete(formatRef(ref));
    return deliveries.map(({ ref }) => ref);
  }

  #giveBackIn(ms: Milliseconds, ref: WorkRef): void {
    const cancel = this.#options.clock.setTimer(ms, () => {
      this.#timers.delete(cancel);
      void this.#giveBack(this.#letGo([{ ref }])).then(() => this.nudge());
    });
    this.#timers.add(cancel);
  }

  async #giveBack(refs: readonly WorkRef[]): Promise<void> {
    if (refs.length === 0) return;
    await this.#attempt("give back", () => this.#options.work.release(this.#options.owner, refs));
  }

  #remember(ref: WorkRef, reason: string): void {
    const oldest = this.#reasons.size >= REASONS_KEPT ? this.#reasons.keys().next().value : undefined;
    if (oldest !== undefined) this.#reasons.delete(oldest);
    this.#reasons.set(formatRef(ref), reason);
  }

  /** The lease ends by itself: what the store could not be told, it makes good. */
  async #attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.log.debug({ what, code: errorCode(error) }, "the queue could not");
    }
  }

  #untilNudged(ms: Milliseconds): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        this.#wakers.delete(end);
        resolve();
      };
      const cancel = this.#options.clock.setTimer(ms, end);
      this.#wakers.add(end);
    });
  }
}

function asDelivery({ tenant, id, feedbackSeq, deliveries }: LeasedWork): Delivery {
  const ref = { tenant, id, feedbackSeq };
  return { ref, deliveries, receipt: formatRef(ref) };
}
