import type { Clock } from "../artifacts/index.ts";

/**
 * What the traffic tells about the engine. Ollama's list of loaded models keeps naming a model whose engine died,
 * so the only proof of life is an answer.
 */
export class Pulse {
  readonly #clock: Clock;
  readonly #limits: { readonly idleMs: number; readonly stallMs: number };
  #inFlight = 0;
  #lastSign: number;
  #trouble: string | undefined;
  #wake = new AbortController();

  constructor(clock: Clock, limits: { idleMs: number; stallMs: number }) {
    this.#clock = clock;
    this.#limits = limits;
    this.#lastSign = clock.now();
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether the last that was heard of the engine was a failure. */
  get faltering(): boolean {
    return this.#trouble !== undefined;
  }

  /** A request begins. Call what it returns once, when it has ended, however it did. */
  begin(): () => void {
    if (this.#inFlight === 0) this.#lastSign = this.#clock.now();
    this.#inFlight++;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#inFlight--;
      this.#notify();
    };
  }

  /** The engine answered something. */
  beat(): void {
    this.#lastSign = this.#clock.now();
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#notify();
  }

  /** The engine failed a request. `what` must not contain text of users. */
  falter(what: string): void {
    this.#trouble = what;
    this.#notify();
  }

  /** Resolves when a request has failed (with what happened), or with `undefined` when the engine has been silent too long. */
  async untilDoubt(signal: AbortSignal): Promise<string | undefined> {
    for (;;) {
      if (this.#trouble !== undefined) return this.#trouble;
      const limit = this.#inFlight > 0 ? this.#limits.stallMs : this.#limits.idleMs;
      const left = this.#lastSign + limit - this.#clock.now();
      if (left <= 0) return undefined;
      await this.#sleep(left, signal);
    }
  }

  /** Resolves with true as soon as the engine has answered since it faltered, with false after `ms`. */
  async recoveredWithin(ms: number, signal: AbortSignal): Promise<boolean> {
    const end = this.#clock.now() + ms;
    for (let left = ms; this.#trouble !== undefined && left > 0; left = end - this.#clock.now()) {
      await this.#sleep(left, signal);
    }
    return this.#trouble === undefined;
  }

  /** Resolves when no request is in flight (true), or after `ms` (false). */
  async untilIdle(ms: number, signal: AbortSignal): Promise<boolean> {
    const end = this.#clock.now() + ms;
    for (let left = ms; this.#inFlight > 0 && left > 0; left = end - this.#clock.now()) await this.#sleep(left, signal);
    return this.#inFlight === 0;
  }

  #notify(): void {
    this.#wake.abort();
    this.#wake = new AbortController();
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    const woken = this.#wake.signal;
    await this.#clock.sleep(ms, AbortSignal.any([signal, woken])).catch((error: unknown) => {
      signal.throwIfAborted();
      if (!woken.aborted) throw error;
    });
  }
}
