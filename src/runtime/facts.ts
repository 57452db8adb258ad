import type { Clock, Instant, Milliseconds } from "../kube/clock.ts";
import type { Fact } from "./plan.ts";

export interface FactsOptions<T> {
  readonly poll: (key: string, signal: AbortSignal) => Promise<T>;
  readonly interval: Milliseconds;
  /** After this a poll counts as failed. */
  readonly timeout: Milliseconds;
  readonly clock: Clock;
  /** Called when what is known about a key has changed, never when it was only confirmed. */
  readonly onChange: (key: string) => void;
  /** Polls in flight at once; 8 unless told. */
  readonly concurrency?: number;
}

interface Entry<T> {
  fact: Fact<T>;
  wantedAt: Milliseconds;
  /** JSON of the value, or undefined while unknown: what decides whether a poll brought news. */
  text: string | undefined;
  cancelTimer: () => void;
}

/** How many intervals a key outlives the last time somebody wanted it. */
const KEPT_INTERVALS = 3;

/** What is known about things outside Kubernetes, kept fresh by polling for as long as somebody asks. */
export class Facts<T> {
  readonly #options: FactsOptions<T>;
  readonly #entries = new Map<string, Entry<T>>();
  readonly #waiting: string[] = [];
  readonly #closing = new AbortController();
  #inFlight = 0;

  constructor(options: FactsOptions<T>) {
    this.#options = options;
  }

  /** What is known now. Asking starts the polling of a key, and asking again keeps it going. */
  want(key: string): Fact<T> {
    const { clock } = this.#options;
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.wantedAt = clock.elapsed();
      return known.fact;
    }
    const fact: Fact<T> = { unknown: "not asked yet", since: clock.now() };
    if (this.#closing.signal.aborted) return fact;
    this.#entries.set(key, { fact, wantedAt: clock.elapsed(), text: undefined, cancelTimer: () => {} });
    this.#waiting.push(key);
    this.#startNext();
    return fact;
  }

  close(): void {
    this.#closing.abort(new Error("facts are closed"));
    for (const entry of this.#entries.values()) entry.cancelTimer();
    this.#entries.clear();
    this.#waiting.length = 0;
  }

  #startNext(): void {
    while (this.#inFlight < (this.#options.concurrency ?? 8)) {
      const key = this.#waiting.shift();
      if (key === undefined) return;
      const entry = this.#entries.get(key);
      if (entry === undefined) continue;
      this.#inFlight += 1;
      void this.#refresh(key, entry).finally(() => {
        this.#inFlight -= 1;
        this.#startNext();
      });
    }
  }

  async #refresh(key: string, entry: Entry<T>): Promise<void> {
    const { clock, interval } = this.#options;
    const outcome = await this.#poll(key);
    if (this.#closing.signal.aborted) return;
    if (this.#record(entry, outcome, clock.now())) this.#options.onChange(key);
    entry.cancelTimer = clock.setTimer(interval, () => {
      if (clock.elapsed() - entry.wantedAt > KEPT_INTERVALS * interval) this.#entries.delete(key);
      else {
        this.#waiting.push(key);
        this.#startNext();
      }
    });
  }

  async #poll(key: string): Promise<{ value: T } | { failed: string }> {
    const { clock, poll, timeout } = this.#options;
    const late = new AbortController();
    const signal = AbortSignal.any([late.signal, this.#closing.signal]);
    const cancel = clock.setTimer(timeout, () => late.abort(new Error(`no answer within ${timeout} ms`)));
    try {
      // A poll that ignores its signal must not hold a place for ever: we go on without it.
      const aborted = new Promise<never>((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
      );
      return { value: await Promise.race([poll(key, signal), aborted]) };
    } catch (error) {
      return { failed: error instanceof Error ? error.message : String(error) };
    } finally {
      cancel();
    }
  }

  /** Whether the outcome is news. */
  #record(entry: Entry<T>, outcome: { value: T } | { failed: string }, now: Instant): boolean {
    if ("failed" in outcome) {
      const changed = !("unknown" in entry.fact) || entry.fact.unknown !== outcome.failed;
      entry.fact = { unknown: outcome.failed, since: "since" in entry.fact ? entry.fact.since : now };
      entry.text = undefined;
      return changed;
    }
    const text = JSON.stringify(outcome.value) ?? "undefined";
    const changed = entry.text !== text;
    entry.fact = { known: outcome.value, at: now };
    entry.text = text;
    return changed;
  }
}
